"""The codebook as a page: what is in it, every code with what it means, and what happened to codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Code, Codebook, Definition, Family
from casestudy.material.codebook_changes import order
from casestudy.material.crosswalk import Affected, Carried
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.markup import Column, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.study import Audience, Study

FAMILIES: tuple[Family, ...] = ("factor", "skill", "component", "process", "narrative", "inductive")
# A word that may be the id of a code; a full stop at its end is the sentence's.
_WORD = re.compile(r"([A-Za-z0-9](?:[\w.-]*[\w-])?)", re.ASCII)
NOTHING = "–"
RELEASED = ["code", "family", "domain", "parent", "nl", "en", "definition_nl", "definition_en"]


def reading(
    codebook: Codebook,
    carried: Carried | None = None,
    *,
    study: Study,
    id: str = "codebook-reading",  # noqa: A002
) -> Part:
    """Say how many codes the book holds, and what happened to codes since the version before it.

    Parameters
    ----------
    carried
        What ``crosswalk.read`` gave; left out, nothing is said about segments.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        n = Counter(code.family for code in codebook.codes if code.active)
        held = labels.list(_counted(labels, f"codebook.n.{f}", n[f]) for f in FAMILIES if n[f])
        said = [labels.say("codebook.reading", version=codebook.version, held=held)]
        earlier = _earlier(codebook)
        if carried is not None and earlier is not None:
            done = list(_done(carried, earlier, limits, labels))
            key = "codebook.reading_since" if done else "codebook.reading_same"
            said.append(labels.say(key, version=earlier, done=labels.list(done)))
        return Rendering(markup.paragraphs(" ".join(said)))

    return Part(id, "text", draw)


def overview(codebook: Codebook, *, study: Study, id: str = "codebook-overview") -> Part:  # noqa: A002, ARG001
    """Count the codes in use per family, those of factors per domain."""

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        rows = [
            (family, domain, sum(code.parent is None for code in codes), len(codes))
            for family in FAMILIES
            for domain, codes in _by_domain(codebook, family)
        ]
        has_parts = any(n_main != n for _, _, n_main, n in rows)
        titles = ["n_main", "n_codes"] if has_parts else ["n_codes"]
        columns = [Column(labels["codebook.family"])]
        columns += [Column(labels[f"codebook.{title}"], numbers=True) for title in titles]
        groups: dict[str, list[Sequence[Text]]] = {}
        for family, domain, *counts in rows:
            title = labels["codebook.family.factor" if domain else "codebook.others"]
            name = labels[f"domain.{domain}" if domain else f"codebook.family.{family}"]
            numbers = (labels.number(n) for n in counts[-len(titles) :])
            groups.setdefault(title, []).append([name, *numbers])
        caption = labels.say("codebook.overview", version=codebook.version)
        html = markup.table(id, caption, columns, list(groups.items()), grouped=True)
        return Rendering(html, pd.DataFrame(rows, columns=["family", "domain", "n_main", "n_codes"]))

    return Part(id, "table", draw)


def codes(
    codebook: Codebook,
    *,
    study: Study,  # noqa: ARG001
    family: Family = "factor",
    id: str = "",  # noqa: A002
) -> Part:
    """Give every code of a family with its meaning, limits, examples and search words.

    Headings are of the third level, for the domains of factors and for codes of other families; a code's
    place on the page is ``#code-<id>``, in small letters.

    Parameters
    ----------
    id
        Id of the part; left out ``codes-<family>``.
    """
    part = id or f"codes-{family}"

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        found = list(_by_domain(codebook, family))
        if not found:
            return Rendering(markup.absent(labels[f"codebook.none.{family}"]))
        pieces: list[Text] = []
        for domain, entries in found:
            if domain:
                pieces.append(Markup("<h3>{}</h3>").format(labels[f"domain.{domain}"]))
            pieces += [_entry(code, codebook, labels, is_low=domain is not None) for code in entries]
        gone = [_name(c, labels) for c in codebook.family(family) if not c.active]
        if gone:
            pieces.append(markup.note(labels.say("codebook.inactive", codes=labels.list(gone))))
        frame = _frame([code for _, entries in found for code in entries])
        return Rendering(markup.joined(pieces, "\n"), frame)

    return Part(part, "text", draw)


def versions(
    codebook: Codebook,
    carried: Carried,
    *,
    study: Study,
    id: str = "codebook-versions",  # noqa: A002
) -> Part:
    """Tell what each version changed, in words and per code, with how many codings bore the code.

    Whom numbers could tell too much reads a word for a small one.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        told = sorted(codebook.changelog, key=lambda change: order(change.version), reverse=True)
        said = (labels.say("codebook.changed", version=c.version, note=c.note) for c in told)
        html = markup.bullets(said) if told else Markup("")
        if not carried.affected:
            return Rendering(html + markup.note(labels["codebook.no_changes"]))
        notes = {change.version: change.note for change in told}
        rows = [_change_row(alike, codebook, notes, limits, labels) for alike in _alike(carried.affected)]
        titles = ("version", "change", "codes", "became", "n_codings", "why")
        kept = [place for place, _ in enumerate(titles) if any(row[place] != NOTHING for row in rows)]
        columns = [Column(labels[f"codebook.{titles[k]}"], numbers=titles[k] == "n_codings") for k in kept]
        shown = [[row[place] for place in kept] for row in rows]
        html += Markup("\n") + markup.table(id, labels["codebook.changes"], columns, shown)
        frame = pd.DataFrame(
            [
                (one.version, one.code, one.change, _shown(one.n_codings_affected, limits))
                for one in carried.affected
            ],
            columns=["version", "code", "change", "n_codings_affected"],
        )
        return Rendering(html, frame)

    return Part(id, "table", draw)


def unscreened(
    codebook: Codebook,
    carried: Carried,
    *,
    study: Study,  # noqa: ARG001
    id: str = "codebook-unscreened",  # noqa: A002
) -> Part:
    """List the sources in which nobody has looked for a newer code yet; for the research team only."""
    is_newer = any(one.change in ("new", "split", "redefined") for one in carried.affected)
    none = "codebook.unscreened_none" if is_newer else "codebook.unscreened_no_newer"

    def draw(labels: Labels, audience: Audience) -> Rendering:
        if audience != "internal":
            key = "codebook.unscreened_some" if carried.unscreened else none
            return Rendering(markup.paragraphs(labels[key]))
        if not carried.unscreened:
            return Rendering(markup.paragraphs(labels[none]))
        columns = [Column(labels["codebook.code"]), Column(labels["codebook.sources"])]
        waiting: dict[str, list[str]] = {}
        for source, code in carried.unscreened:
            waiting.setdefault(code, []).append(source)
        rows = [
            [_name(code, labels), labels.list(waiting[code.id])]
            for code in codebook.codes
            if code.id in waiting
        ]
        return Rendering(markup.table(id, labels["codebook.unscreened"], columns, rows))

    return Part(id, "table", draw)


def _counted(labels: Labels, key: str, n: int) -> str:
    return labels[f"{key}.one"] if n == 1 else labels.say(f"{key}.many", n=labels.number(n))


def _earlier(codebook: Codebook) -> str | None:
    """Give the version before the present one, as far as the book tells."""
    known = {change.version for change in codebook.changelog} | {
        change.version for change in codebook.changes
    }
    before = [version for version in known if order(version) < order(codebook.version)]
    return max(before, key=order, default=None)


def _done(carried: Carried, earlier: str, limits: disclosure.Limits, labels: Labels) -> Iterator[str]:
    since = [one for one in carried.affected if order(one.version) > order(earlier)]
    kinds = Counter(one.change for one in since)
    for change in ("new", "split", "merge", "rename", "redefined", "retire", "reword"):
        if kinds[change]:
            yield _counted(labels, f"codebook.done.{change}", kinds[change])
    asked = sum(one.n_codings_affected for one in since if one.change in ("split", "redefined"))
    waiting = sum(order(one.version) > order(earlier) for one in carried.recode)
    if asked - waiting > 0:
        n = _number(asked - waiting, limits, labels)
        yield labels.say("codebook.done.recoded", n=n)


def _by_domain(codebook: Codebook, family: Family) -> Iterator[tuple[str | None, list[Code]]]:
    active = [code for code in codebook.family(family) if code.active]
    if family == "factor":
        for domain, ids in names.factors(codebook, [code.id for code in active]):
            yield domain, [codebook.code(code) for code in ids]
    elif active:
        yield None, active


def _entry(code: Code, codebook: Codebook, labels: Labels, *, is_low: bool) -> Markup:
    other = "en" if labels.language == "nl" else "nl"
    level = Markup("h4") if is_low else Markup("h3")
    head = Markup('<{0}>{1} <span class="badge">{2}</span></{0}>').format(
        level, code.label[labels.language], code.id
    )
    also = Markup('<p class="note" lang="{}">{}</p>').format(other, code.label[other])
    meaning = Markup("<p>{}</p>").format(_in(code.definition, labels))
    facts: list[tuple[str, Text]] = [
        (labels[f"codebook.{side}"], _in(text, labels, _linked(text[labels.language], code, codebook)))
        for side, text in (("include", code.include), ("exclude", code.exclude))
        if text is not None
    ]
    if code.parent is not None:
        facts.append((labels["codebook.parent"], _name(codebook.code(code.parent), labels)))
    if born := _born(code, codebook):
        facts.append((labels["codebook.since"], born))
    pairs = markup.joined(Markup("<dt>{}</dt><dd>{}</dd>").format(*fact) for fact in facts)
    limits = Markup('<dl class="key">{}</dl>').format(pairs) if facts else Markup("")
    pieces = [head, also, meaning, limits, _examples(code, labels)]
    return Markup('<section class="code" id="code-{}">\n{}\n</section>').format(
        code.id.lower(), markup.joined((piece for piece in pieces if piece), "\n")
    )


def _examples(code: Code, labels: Labels) -> Markup:
    """Fold the invented examples and the search words away; they are Dutch."""
    quotes = [
        Markup('{}: <span lang="nl">“{}”</span>').format(labels[f"codebook.anchor.{side}.{kind}"], text)
        for side, text in (("positive", code.anchors.positive), ("negative", code.anchors.negative))
        if text
        for kind in ("factor" if code.family == "factor" else "other",)
    ]
    words = [Markup('<span lang="nl">{}</span>').format(word) for word in (*code.terms, *code.patterns)]
    pieces = [markup.bullets(quotes)] if quotes else []
    if words:
        pieces += [markup.paragraphs(labels["codebook.search"]), markup.bullets(words)]
    if not pieces:
        return Markup("")
    key = "codebook.examples" if quotes else "codebook.words"
    return markup.folded(labels.say(key, code=_name(code, labels)), markup.joined(pieces, "\n"))


def _in(text: Definition, labels: Labels, written: Text = "") -> Text:
    """Give words in the reader's language, or in Dutch and marked so; ``written`` when they hold links."""
    words = written or text[labels.language]
    is_foreign = labels.language != "nl" and not text.en
    return Markup('<span lang="nl">{}</span>').format(words) if is_foreign else words


def _linked(text: str, code: Code, codebook: Codebook) -> Markup:
    """Link codes that are named behind an arrow, as far as they stand in the same list."""
    near = {c.id for c in codebook.family(code.family) if c.active}
    words = (
        word
        for stretch in re.split(r"(→[^;]*)", text)
        for word in (_WORD.split(stretch) if stretch.startswith("→") else (stretch,))
    )
    return markup.joined(
        Markup('<a href="#code-{}">{}</a>').format(word.lower(), word) if word in near else word
        for word in words
    )


def _born(code: Code, codebook: Codebook) -> str | None:
    came = [c.version for c in codebook.changes if c.change != "reword" and code.id in c.after]
    return code.since or max(came, key=order, default=None)


def _name(code: Code, labels: Labels) -> str:
    return f"{code.id} {code.label[labels.language]}"


def _alike(affected: Sequence[Affected]) -> list[list[Affected]]:
    """Put codes that came in together under one row; the newest version first, within it as written."""
    by_version = sorted(affected, key=lambda one: order(one.version), reverse=True)
    rows: dict[tuple[object, ...], list[Affected]] = {}
    for one in by_version:
        mine = () if one.change == "new" else (one.code,)
        rows.setdefault((one.version, one.change, one.note, *mine), []).append(one)
    return list(rows.values())


def _change_row(
    alike: Sequence[Affected],
    codebook: Codebook,
    notes: Mapping[str, str],
    limits: disclosure.Limits,
    labels: Labels,
) -> list[str]:
    one = alike[0]
    n = NOTHING if one.change == "new" else _number(one.n_codings_affected, limits, labels)
    became = [code for code in one.to if code != one.code]
    # What is already told of the version as a whole is not said again.
    why = one.note if one.note and one.note != notes.get(one.version) else NOTHING
    named = labels.list(_known(a.code, codebook, labels) for a in alike)
    then = labels.list(_known(code, codebook, labels) for code in became) if became else NOTHING
    return [one.version, labels[f"codebook.change.{one.change}"], named, then, n, why]


def _known(code: str, codebook: Codebook, labels: Labels) -> str:
    """Name a code that the book still holds; of another only its id is left."""
    return _name(codebook.code(code), labels) if code in codebook else code


def _shown(n: int, limits: disclosure.Limits) -> float:
    if limits.audience == "internal":
        return n
    return limits.count(n) if limits.shows(n) else float("nan")


def _number(n: int, limits: disclosure.Limits, labels: Labels) -> str:
    shown = _shown(n, limits)
    return (
        labels.say("band.below", n=labels.number(limits.minimum)) if shown != shown else labels.number(shown)
    )


def _frame(found: Sequence[Code]) -> pd.DataFrame:
    rows = [
        (c.id, c.family, c.domain, c.parent, c.label.nl, c.label.en, c.definition.nl, c.definition.en)
        for c in found
    ]
    return pd.DataFrame(rows, columns=RELEASED)
