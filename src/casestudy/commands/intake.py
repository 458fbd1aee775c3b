"""The command that takes sources in."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casestudy.commands.terminal import study_option, told
from casestudy.errors import InvalidMaterial, Problem, WrongUse

if TYPE_CHECKING:
    from casestudy.material.intake import Taken
    from casestudy.material.sources import Head, Source
    from casestudy.study import Study

KINDS = ("interview", "focusgroup", "worksession", "narrative", "document", "observation", "survey_open")
CONSENT = ("quote", "paraphrase", "analysis_only")


class _Named(click.Path):
    """A path with a name; an empty one would mean the folder one happens to stand in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("a file must have a name, found an empty one; name the file", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=_Named(path_type=Path))
@click.option("--site", metavar="ID", help="The site they belong to.")
@study_option
@click.option("--source", metavar="ID", help="Id of the source; of one that is there, for a new version.")
@click.option("--kind", type=click.Choice(KINDS), help="Else interview or document, by its speakers.")
@click.option("--date", metavar="YYYY-MM", help="Month of the conversation; else that in the file name.")
@click.option("--consent", type=click.Choice(CONSENT), help="Else the safe one, analysis_only.")
@click.option("--participants", metavar="IDS", help="Ids of participants.csv, with spaces between them.")
@click.option("--interviewer", metavar="LABELS", help="Labels of who asks, with `|` between them.")
@click.option("--language", type=click.Choice(["nl", "en"]), help="Else that of its most common words.")
@click.option("--guide", metavar="VERSION", help="Version of the interview guide.")
@click.option("--wave", metavar="ID", help="The wave it belongs to.")
@click.option("--questions", metavar="COLUMNS", help="Columns with open answers, with `|` between them.")
@click.option(
    "--comments",
    type=click.Choice(["ignore", "memos", "codings"]),
    help="What comments in Word become; else they are counted.",
)
@click.option("--coder", metavar="ID", help="Who made the codings in the comments.")
@click.option("--author", metavar="NAME", help="Only comments of this person, as Word shows the name.")
def add(
    files: tuple[Path, ...],
    study: str | None,
    comments: str | None,
    coder: str | None,
    author: str | None,
    **values: str | None,
) -> None:
    """Take sources in: keep the originals, read them, and add their rows to sources.csv.

    FILE is a transcript, a document or a folder of them; left out, what was dropped into the folder
    `sources/<site>/`. All of them are taken in, or none. The same file again changes nothing; another
    version of it renews the source, and `casestudy review` shows the codings that must be looked at again.

    \b
    Example: casestudy add gesprek-3.docx gesprek-4.odt --site es --consent quote

    \b
    Exit codes: 0 done, 2 wrong use, 3 a file was refused and nothing is taken in.
    """
    with told(study) as found:
        from casestudy.material import intake, sources

        given = _given(values)
        _check_comments(found, comments, coder)
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        taken = intake.take_in(found, files, given, at=at)
        for one in taken:
            for line in _lines(one):
                click.echo(line)
        for name in sources.arriving(found) if (found.folder / sources.FILE).exists() else ():
            click.echo(f"{name}: {sources.ARRIVING}")
        click.echo(_counts(taken))
        for source in {one.source.source: one.source for one in taken}.values():
            for line in _comments(found, source, comments, coder, author, at):
                click.echo(line)


def _given(values: dict[str, str | None]) -> Head:
    from pydantic import ValidationError

    from casestudy.material.sources import Head

    try:
        return Head.model_validate({key: value for key, value in values.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        must = str(wrong["msg"]).removeprefix("Value error, ")
        raise WrongUse(f"--{wrong['loc'][0]}: it {must}") from None


def _check_comments(study: Study, comments: str | None, coder: str | None) -> None:
    """Find out whether comments could become codings before anything is taken in."""
    if (comments == "codings") != (coder is not None):
        raise WrongUse("--coder: it must stand with `--comments codings`, found one of the two; give both")
    if coder is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", coder):
        raise WrongUse("--coder: it must be letters, digits, `-`, `_` or `.`; choose a short id")
    if comments == "codings":
        from casestudy.material import codebook, codings, sources

        codebook.read(study)
        if (study.folder / sources.FILE).exists():
            codings.read(study)


def _lines(one: Taken) -> Iterator[str]:
    source = one.source
    if one.state == "same":
        yield f"{one.file}: already taken in as {source.source}"
        return
    yield f"{source.source}: {'a new version, ' if one.state == 'version' else ''}{_size(source)}"
    yield from (f"  {line}" for line in one.told)
    if one.told:
        yield "  correct what is not so in sources.csv"
    yield from (f"  {remark}" for remark in source.remarks)
    if one.state == "version" and one.n_codings != 0:
        n = "its codings" if one.n_codings is None else f"{one.n_codings} of its codings"
        yield f"  {n} will be looked at again; see `casestudy review`"
    elif one.state == "version":
        yield "  no coding of it has to be looked at again"


def _size(source: Source) -> str:
    speakers = {turn.speaker for turn in source.turns} - {None}
    turns, sentences = _n(len(source.turns), "turn"), _n(len(source.sentences), "sentence")
    if source.row.kind == "survey_open" and speakers:
        answers, people = _n(len(source.turns), "answer"), _n(len(speakers), "respondent")
        return f"{source.row.kind}, {answers} of {people}, {sentences}"
    heard = f"{turns} of {_n(len(speakers), 'speaker')}, " if speakers else ""
    return f"{source.row.kind}, {heard}{sentences}"


def _n(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _counts(taken: Sequence[Taken]) -> str:
    if not taken:
        return "nothing to take in; every file in sources/ has a row"
    n = Counter(one.state for one in taken)
    return f"{n['new']} taken in, {n['version']} renewed, {n['same']} already there"


def _comments(
    study: Study, source: Source, wish: str | None, coder: str | None, author: str | None, at: str
) -> Iterator[str]:
    """Take in the comments of one source, or tell that there are some."""
    from casestudy.material import codebook, codings, margins

    found = margins.comments(study, source) if wish != "ignore" else ()
    if author is not None:
        found = tuple(one for one in found if one.author.casefold() == author.casefold())
    people = len({one.author for one in found})
    if not found:
        return
    if wish is None:
        many = f"{_n(len(found), 'Word comment')} by {people} {'person' if people == 1 else 'people'}"
        yield f"{source.source}: {many}; take them in with `--comments memos` or `--comments codings`"
        return
    if wish == "codings" and people > 1:
        raise _too_many(source, people)
    book = codebook.read(study) if wish == "codings" else None
    standing = codings.read(study, source.site) if book is not None else ()
    own = [one for one in standing if (one.source, one.coder) == (source.source, coder)]
    sorted_out = margins.sorted_out(found, source, book, coder=coder or "", at=at, standing=own)
    for coding in sorted_out.codings:
        codings.append(study, coding, source.text)
    n_memos = margins.keep(study, source.source, sorted_out.memos)
    n_codings = len(sorted_out.codings)
    yield f"{source.source}: {_n(n_codings, 'coding')} and {_n(n_memos, 'memo')} from its comments"
    if sorted_out.n_overlapping:
        yield f"  {sorted_out.n_overlapping} lay over a coding with the same code and became memos"


def _too_many(source: Source, people: int) -> InvalidMaterial:
    must = "comments must be of one person to be the codings of one coder"
    remedy = "run it again with `--author NAME` for each of them"
    return InvalidMaterial([Problem(source.name, must, f"{people}", remedy)])
