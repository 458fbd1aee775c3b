"""Commands on codings: what became of them when a transcript was edited, and taking in another copy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casestudy.commands.terminal import site_option, study_argument, told
from casestudy.errors import WrongUse

if TYPE_CHECKING:
    from casestudy.material.reviews import Placed
    from casestudy.study import Study

N_CHARACTERS = 60


@click.command()
@study_argument
@site_option
@click.option("--coder", metavar="ID", help="Only codings of this coder.")
@click.option("--settle", is_flag=True, help="Record that what stands is right where it stands now.")
@click.option("--place", "places", multiple=True, metavar="ID=N", help="Choose place N of a coding to ask.")
@click.option("--drop", "drops", multiple=True, metavar="ID", help="Delete a coding whose words are gone.")
@click.option("--set-aside", is_flag=True, help="Set damaged stretches of logs aside; a copy is made first.")
@click.option("--by", metavar="ID", help="Who decides; needed to settle, place or drop.")
def review(
    study: str | None,
    site: str | None,
    coder: str | None,
    settle: bool,
    places: tuple[str, ...],
    drops: tuple[str, ...],
    set_aside: bool,
    by: str | None,
) -> None:
    """List the codings whose transcript was edited since, with their words then and now.

    The list is for the researchers: it shows words of participants. Nothing is changed without a flag.

    \b
    Example: casestudy review voorbeeld --settle --by coder-a
    """
    with told(study) as found:
        from casestudy.material import reviews

        if site is not None:
            found.site(site)
        if (settle or places or drops) and by is None:
            raise WrongUse("--by: it must name who decides, found nothing; add `--by` with your id")
        chosen = [_choice(text) for text in places]
        if set_aside:
            _set_aside(found)
        placed = reviews.read(found, site, coder=coder)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        if by is not None:
            _check_id(by)
            for coding, number in chosen:
                reviews.place(found, placed, coding, number, by=by, at=at)
            for coding in drops:
                reviews.drop(found, placed, coding, by=by, at=at)
            if settle:
                decided = {coding for coding, _ in chosen}.union(drops)
                rest = [one for one in placed if one.coding.coding not in decided]
                n_settled = reviews.settle(found, rest, by=by, at=at)
                click.echo(f"{n_settled} settled")
            placed = reviews.read(found, site, coder=coder)
        _tell(placed)


@click.command()
@click.argument("other", type=click.Path(path_type=Path))
@study_argument
def merge(other: Path, study: str | None) -> None:
    """Take in the codings, ratings and decisions of another copy of a study.

    OTHER is a study folder, or one copy of a log that a sync program made. Nothing is removed, a copy of
    every log that changes is made first, and merging twice is merging once.

    \b
    Example: casestudy merge ~/mail/voorbeeld voorbeeld
    """
    with told(study) as found:
        from casestudy.material import merging

        merged = merging.merge(found, other)
        for log in merged.logs:
            click.echo(f"{log.name}: {log.n_new} lines taken in")
        if merged.n_texts:
            click.echo(f"{merged.n_texts} texts taken in")
        for line in merged.remarks:
            click.echo(line, err=True)
        if not merged.logs and not merged.n_texts:
            click.echo("nothing new")


def _choice(text: str) -> tuple[str, int]:
    coding, sign, number = text.rpartition("=")
    if not sign or not coding or not number.isdecimal():
        raise WrongUse("--place: it must be `ID=N`, found something else; write for instance `c12=1`")
    return coding, int(number)


def _check_id(by: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from casestudy.study import Identifier

    try:
        TypeAdapter(Identifier).validate_python(by)
    except ValidationError:
        raise WrongUse(
            "--by: it must be an id of letters, digits, `-`, `_` or `.`; choose a short id"
        ) from None


def _set_aside(study: Study) -> None:
    from casestudy.material import logs, merging

    n_copies = 0
    for name, path in merging.every_log(study.folder):
        copy = logs.set_aside(path)
        if copy is not None:
            n_copies += 1
            click.echo(f"{name}: set aside, whole copy in {_short(copy)}")
    if not n_copies:
        click.echo("no log is damaged")


def _short(copy: Path) -> str:
    return "/".join(copy.parts[-2:])


def _tell(placed: Iterable[Placed]) -> None:
    from casestudy.material import reviews

    placed = list(placed)
    for one in placed:
        click.echo(_line(one))
        for number, ((start, end), words) in enumerate(
            zip(one.candidates, one.choices, strict=True), start=1
        ):
            click.echo(f"    {number}: {start}-{end} {_shortened(words)}")
    told_counts = ", ".join(f"{n} {state}" for state, n in reviews.counts(placed).items() if n)
    click.echo(told_counts or "every coding stands on the text that its source has now")


def _line(one: Placed) -> str:
    coding, now = one.coding, one.now
    head = f"{coding.coding}  {one.state}  {coding.code}  {coding.source}"
    if now is None:
        return f"{head} {coding.start}-{coding.end}: {_shortened(one.old_words)}"
    places = f"{coding.start}-{coding.end} → {now.start}-{now.end}"
    if one.state == "changed":
        return f"{head} {places}: {_shortened(one.old_words)} → {_shortened(now.quote)}"
    return f"{head} {places}: {_shortened(one.old_words)}"


def _shortened(words: str) -> str:
    plain = " ".join(words.split())
    return f"“{plain}”" if len(plain) <= N_CHARACTERS else f"“{plain[: N_CHARACTERS - 1]}…”"
