"""What the simulated researchers decide: ratings, settled ratings, fits, quotes, conclusions and advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from casestudy.findings import change, integration, linking, ratings, scales
from casestudy.material import codebook, frames, guide, instrument, lines, sources, survey
from casestudy.material import evidence as pins
from casestudy.material.coding_events import Coding
from casestudy.simulation import coders
from casestudy.simulation.bank import generator, path
from casestudy.simulation.cast import Site
from casestudy.simulation.settings import dump
from casestudy.simulation.truth import CONVERSATIONS
from casestudy.study import Study

RATERS = ("rater-a", "rater-b")
_BOTH = list(RATERS)
_DEVIATES = 0.12
_SCALE = ["-2", "-1", "0", "1", "2"]
_PRACTICE = {"applied": "+", "partly": "x", "not_applied": "-", "intention": "0", "unclear": "0"}
_MOST_QUOTES, _PER_SOURCE = 9, 2


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the researchers look at: the codings of the main round and the proposals they lead to."""

    study: Study
    by_cell: dict[tuple[str, str], list[Coding]]
    proposed: pd.DataFrame
    words: dict[str, Any]
    stands: pins.Evidence

    def pointing(self, site: str, code: str, valences: str) -> list[Coding]:
        """Codings of a cell in the given directions, concrete ones first."""
        found = [one for one in self.by_cell.get((site, code), []) if _valence(one) in valences]
        return sorted(found, key=lambda one: (-(one.strength or 0), one.coding))


def write(study: Study, sites: Sequence[Site], coded: Iterable[Coding], seed: int) -> None:
    """Rate, settle and decide on the study as its readers give it, and write the logs.

    Parameters
    ----------
    coded
        The codings of the main round, of sources that count.
    """
    evidence = _evidence(study, coded)
    settled = list(_settled(evidence, seed))
    (study.folder / "ratings").mkdir()
    for rater in RATERS:
        _lines(study, f"ratings/{rater}.jsonl", _ratings(evidence, rater, seed))
    _lines(study, "ratings/settled.jsonl", settled)
    joint = _joint(evidence)
    decided = [
        *_quotes(evidence, sites),
        *_fits(evidence, joint),
        *_conclusions(evidence, joint),
        *_advice(evidence, sites, seed),
    ]
    _lines(study, "decisions.jsonl", decided)
    _summaries(evidence, sites)
    _memos(evidence)


def proposals(study: Study) -> pd.DataFrame:
    """Propose a rating for every site, factor and skill; practice counts as a direction.

    A skill that is applied speaks for it, one that is not against it, one that is partly applied for both; an
    intention says neither.
    """
    found = frames.codings(study)
    is_skill = found["family"] == "skill"
    found["valence"] = found["valence"].where(~is_skill, found["practice"].map(_PRACTICE))
    book, thresholds = codebook.read(study), study.thresholds.rating
    return ratings.propose(
        found,
        frames.sources(study),
        frames.asked(study),
        codes=[code.id for family in (book.family("factor"), book.family("skill")) for code in family],
        sites=study.site_ids,
        dominance=thresholds.dominance,
        cap_opposition=thresholds.cap_opposition,
        min_sources=thresholds.min_sources,
        min_valenced_share=thresholds.min_valenced_share,
    )


def change_table(study: Study) -> pd.DataFrame:
    """Give the change of every scale, the waves of self-generated codes linked first."""
    found, thresholds = survey.read(study), study.thresholds.survey
    before, after = study.comparison.before, study.comparison.after
    if found.sgic:
        codes = {wave.id: frames.sgic(found, wave.id) for wave in study.waves}
        pairs = linking.link_waves(codes, fixed=["role_class"])
        found = survey.linked(found, pairs[["first", "second", "method"]].itertuples(index=False, name=None))
    asked = instrument.read(study)
    scores = scales.score(
        frames.answers(found), frames.items(asked), min_answered_share=thresholds.min_answered_share
    )
    return change.change_table(
        scores,
        before=before,
        after=after,
        sites=study.site_ids,
        scales=[scale.id for scale in asked.scales if scale.kind == "mean"],
        unlinked_sites=sorted(asked.unlinked_sites),
        sesoi_site_sd=thresholds.sesoi_site_sd,
        sesoi_all_sd=thresholds.sesoi_all_sd,
    )


def _evidence(study: Study, coded: Iterable[Coding]) -> _Evidence:
    site_of = {row.source: row.site for row in sources.rows(study)}
    by_cell: dict[tuple[str, str], list[Coding]] = {}
    for coding in coded:
        by_cell.setdefault((site_of[coding.source], coding.code), []).append(coding)
    words = yaml.safe_load(path("judgements.yml").read_text(encoding="utf-8"))
    return _Evidence(study, by_cell, proposals(study), words, pins.read(study))


def _valence(coding: Coding) -> str:
    return coding.valence or _PRACTICE.get(coding.practice or "", "0")


def _moment(month: int, day: int, number: int = 0) -> str:
    return f"2019-{month:02d}-{day:02d}T{9 + number // 60 % 9:02d}:{number % 60:02d}:00+00:00"


def _ratings(evidence: _Evidence, rater: str, seed: int) -> Iterator[dict[str, Any]]:
    """One rater alone: mostly what the evidence proposes, now and then one step beside it."""
    rng = generator(seed, rater)
    for number, cell in enumerate(evidence.proposed.to_dict("records")):
        value = str(cell["proposed"])
        deviates = rng.random() < _DEVIATES
        if value != "M" and deviates:
            value = _beside(value, rng)
        yield {
            "site": cell["site"],
            "code": cell["code"],
            "value": value,
            "rationale": _rationale(evidence, cell, value, number),
            "rater": rater,
            "at": _moment(9, 2 + RATERS.index(rater), number),
        }


def _beside(value: str, rng: np.random.Generator) -> str:
    if value == "X":
        return str(rng.choice(["-1", "0", "1"]))
    place = _SCALE.index(value) + int(rng.choice([-1, 1]))
    return _SCALE[min(max(place, 0), len(_SCALE) - 1)]


def _rationale(evidence: _Evidence, cell: dict[Any, Any], value: str, number: int) -> str:
    apart = value != str(cell["proposed"])
    lines: list[str] = evidence.words["apart"] if apart else evidence.words["rationales"][value]
    counts = {"n": cell["n_sources"], "plus": cell["n_plus"], "minus": cell["n_minus"], "of": CONVERSATIONS}
    return lines[number % len(lines)].format(**counts, strong=cell["n_strong"])


def _settled(evidence: _Evidence, seed: int) -> Iterator[dict[str, Any]]:
    rng = generator(seed, "settled")
    for number, cell in enumerate(evidence.proposed.to_dict("records")):
        value, site, code = str(cell["proposed"]), str(cell["site"]), str(cell["code"])
        sides = {"M": ("", ""), "X": ("x+-", ""), "0": ("0", "+-x")}.get(value) or (
            ("+", "-x") if not value.startswith("-") else ("-", "+x")
        )
        supporting, contrary = ([one.coding for one in evidence.pointing(site, code, s)] for s in sides)
        if value not in ("M", "0") and not supporting:
            supporting = [one.coding for one in evidence.pointing(site, code, "x")]
        yield {
            "site": site,
            "code": code,
            "value": value,
            "proposed": value,
            "rationale": _rationale(evidence, cell, value, number + int(rng.integers(2))),
            "supporting": supporting[:4],
            "contrary": contrary[:3],
            "decided_by": _BOTH,
            "at": _moment(9, 9, number),
            **pins.pin(evidence.stands, site, code),
            # Settled before the themes became codes, which changed nothing of these cells.
            "codebook": coders.VERSION,
        }


def _joint(evidence: _Evidence) -> pd.DataFrame:
    study = evidence.study
    return integration.joint_display(
        frames.joint_map(guide.read(study)),
        evidence.proposed.rename(columns={"proposed": "rating"}),
        change_table(study),
        frames.asked(study),
        sites=study.site_ids,
    )


def _fits(evidence: _Evidence, joint: pd.DataFrame) -> Iterator[dict[str, Any]]:
    codes = {row.row: row.codes for row in guide.read(evidence.study).joint_display}
    for number, row in enumerate(joint.to_dict("records")):
        label, site = str(row["label_proposed"]), str(row["site"])
        segments = [one.coding for code in codes[row["row"]] for one in evidence.pointing(site, code, "+-x0")]
        explained = {"explanation": "different_people" if label == "partial" else "real_contradiction"}
        yield {
            "kind": "fit",
            "site": site,
            "row": row["row"],
            "label": label,
            **(explained if label == "dissonance" else {}),
            "rationale": evidence.words["fits"][label],
            "segments": segments[:3],
            "decided_by": _BOTH,
            "at": _moment(9, 16, number),
        }


def _conclusions(evidence: _Evidence, joint: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(joint.to_dict("records")):
        told = evidence.words["meta"].get(str(row["label_proposed"]))
        if told is None:
            continue
        names = evidence.words["rows"][row["row"]]
        text = {
            language: told[language].format(row=name, Row=f"{name[0].upper()}{name[1:]}")
            for language, name in names.items()
        }
        yield {
            "kind": "meta_inference",
            "site": row["site"],
            "row": row["row"],
            "text": text,
            "carried_by": told["by"],
            "decided_by": _BOTH,
            "at": _moment(9, 17, number),
        }


def _quotes(evidence: _Evidence, sites: Sequence[Site]) -> Iterator[dict[str, Any]]:
    """Release some quotes of every site, at most two of a conversation; the first of all is refused."""
    most = evidence.study.thresholds.disclosure.max_quote_words
    for site in sites:
        free = {piece.source for piece in site.conversations if piece.consent == "quote"}
        used: dict[str, int] = {}
        released = 0
        for code, valences in _worth_quoting(evidence, site.site):
            fitting = [
                one
                for one in evidence.pointing(site.site, code, valences)
                if one.source in free
                and used.get(one.source, 0) < _PER_SOURCE
                and len(one.quote.split()) <= most
            ]
            if not fitting or released == _MOST_QUOTES:
                continue
            used[fitting[0].source] = used.get(fitting[0].source, 0) + 1
            yield _release(fitting[0], site.number, released)
            released += 1


def _worth_quoting(evidence: _Evidence, site: str) -> list[tuple[str, str]]:
    """Cells of a site with a direction, the strong ones first, each with the side that speaks for it."""
    cells = evidence.proposed[evidence.proposed["site"] == site]
    directed = cells[cells["proposed"].isin(["-2", "-1", "1", "2", "X"])]
    order = directed.assign(size=directed["proposed"].map({"2": 2, "-2": 2, "X": 1, "1": 1, "-1": 1}))
    order = order.sort_values(["size", "n_sources", "code"], ascending=[False, False, True])
    return [
        (
            str(cell["code"]),
            {"X": "+-"}.get(str(cell["proposed"]), "-" if str(cell["proposed"]) < "0" else "+"),
        )
        for cell in order.to_dict("records")
    ]


def _release(coding: Coding, site: int, number: int) -> dict[str, Any]:
    refused = site == 0 and number == 3
    waiting = site == 1 and number == 4
    audiences = ["internal", "site", "public"] if number % 3 != 2 else ["internal", "site"]
    return {
        "kind": "quote_release",
        "quote": coding.coding,
        "text": coding.quote,
        "audiences": [] if refused else audiences,
        "approval": "refused" if refused else "asked" if waiting else "approved",
        "decided_by": [RATERS[0]],
        "at": _moment(9, 18, 60 * (site % 9) + number),
    }


def _advice(evidence: _Evidence, sites: Sequence[Site], seed: int) -> Iterator[dict[str, Any]]:
    words = evidence.words
    for site in sites:
        cells = evidence.proposed[evidence.proposed["site"] == site.site]
        hindering = cells.loc[cells["proposed"].isin(["-1", "-2"]), "code"]
        for code in [code for code in hindering if code in words["conditions"]][:4]:
            yield {
                "kind": "condition",
                "site": site.site,
                "code": code,
                **words["conditions"][code],
                **_signed(19),
            }
        order = generator(seed, site.number, "questions").permutation(len(words["questions"]))
        for place in order[:4]:
            yield {
                "kind": "question",
                "site": site.site,
                "text": words["questions"][int(place)],
                **_signed(20),
            }
    yield {"kind": "condition", "site": "ALL", "code": "M20", **words["conditions"]["M20"], **_signed(23)}
    yield {"kind": "question", "site": "ALL", "text": words["questions"][2], **_signed(23)}
    for advice in words["recommendations"]:
        yield {"kind": "recommendation", **advice, **_signed(24)}


def _summaries(evidence: _Evidence, sites: Sequence[Site]) -> None:
    """Write per site what its evidence on some factors says, with the codings that each summary rests on."""
    ways = {"1": ("helps", "+"), "2": ("helps", "+"), "-1": ("hinders", "-"), "-2": ("hinders", "-")}
    ways["X"] = ("mixed", "+-x")
    for site in sites:
        cells = evidence.proposed[evidence.proposed["site"] == site.site]
        written = []
        for cell in cells.to_dict("records"):
            code = str(cell["code"])
            way, valences = ways.get(str(cell["proposed"]), ("", ""))
            summary = evidence.words["summaries"].get(code, {}).get(way)
            excerpts = [one.coding for one in evidence.pointing(site.site, code, valences)]
            if summary and excerpts:
                written.append({"code": code, "summary": summary, "excerpts": excerpts[:3], "by": RATERS[0]})
        dump(evidence.study.folder / "summaries" / f"{site.site}.yml", {"summaries": written})


def _memos(evidence: _Evidence) -> None:
    memos = evidence.words["memos"]
    texts = {"study.md": memos["study"]}
    texts |= {f"codes/{code}.md": text for code, text in memos["codes"].items()}
    known = set(evidence.study.site_ids)
    texts |= {f"sites/{site}.md": text for site, text in memos["sites"].items() if site in known}
    for name, text in texts.items():
        file = evidence.study.folder / "memos" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def _signed(day: int) -> dict[str, Any]:
    return {"decided_by": _BOTH, "at": _moment(9, day)}


def _lines(study: Study, name: str, records: Iterable[dict[str, Any]]) -> None:
    (study.folder / name).write_bytes(lines.sealed(records))
