"""What every command shares: opening the study, telling problems in lines, printing a table."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casestudy.errors import NOTHING_BUILT, WRONG_USE, CasestudyError, WrongUse

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.study import Study

study_argument = click.argument("study", required=False)
study_option = click.option(
    "--study", "study", metavar="STUDY", help="A study's folder or name; else the only one."
)
reports_option = click.option(
    "--reports",
    type=click.Path(file_okay=False),
    help="Where reports go; else `reports/` beside `interviews/`.",
)
csv_option = click.option(
    "--csv", "csv", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to this file too."
)
site_option = click.option("--site", metavar="ID", help="Only this site.")

ABSENT = "–"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet program computes a text that starts like this
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


@contextlib.contextmanager
def told(study: str | None, reports: str | None = None) -> Iterator[Study]:
    """Open a study; what goes wrong inside is told, its details kept in the study's private folder."""
    with errors():
        from casestudy import study as studies

        found = studies.read(study, reports=reports)
        with errors(found.workshop / "failures"):
            yield found


@contextlib.contextmanager
def errors(private: Path | None = None) -> Iterator[None]:
    """Tell a known problem by line, of an unknown error the name only; the rest goes to a private file."""
    try:
        yield
    except CasestudyError as error:
        for line in str(error).splitlines():
            click.echo(line, err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt as stopped:
        click.echo("interrupted; what was published is as it was", err=True)
        sys.exit(getattr(stopped, "exit_code", 130))
    except BrokenPipeError:
        raise  # whoever read along has seen enough; click ends without a word
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            click.echo("a name is longer than the system allows; shorten it", err=True)
            sys.exit(WRONG_USE)
        _write_details(private, error)
        click.echo(
            f"{error.strerror or type(error).__name__}; free some space or check the rights of the folder",
            err=True,
        )
        sys.exit(NOTHING_BUILT)
    except Exception as error:  # noqa: BLE001 - whatever happens, no traceback and no data on the terminal
        place = _write_details(private, error)
        kept = f"; details for whoever mends it are in {place}" if place else ""
        click.echo(f"an unexpected error, {type(error).__name__}{kept}", err=True)
        sys.exit(NOTHING_BUILT)


def _write_details(private: Path | None, error: Exception) -> str | None:
    """Keep a traceback where only its owner can read it."""
    if private is None:
        return None
    with contextlib.suppress(OSError):
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = private / "command.txt"
        path.unlink(missing_ok=True)
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write("".join(traceback.format_exception(error)))
        return "/".join(path.parts[-4:])
    return None


def show(table: pd.DataFrame, csv: Path | None = None) -> None:
    """Print a table in columns, and write it to a csv file when one is named.

    Numbers stand right, in three decimals; what is absent is a dash on the terminal and empty in the file.

    Raises
    ------
    WrongUse
        When the file cannot be written.
    """
    cells = [[_cell(value) for value in row] for row in table.itertuples(index=False, name=None)]
    head = [str(column) for column in table.columns]
    widths = [max(len(row[n]) for row in (head, *cells)) for n in range(len(head))]
    is_number = [table[column].dtype.kind in "iuf" for column in table.columns]
    for row in (head, *cells):
        lined = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, is_number, strict=True)
        ]
        click.echo("  ".join(lined).rstrip())
    if csv is not None:
        save(table, csv)


def save(table: pd.DataFrame, csv: Path) -> None:
    """Write a table to a csv file and say so; words that look like a formula stay words, see ``as_text``.

    Raises
    ------
    WrongUse
        When the file cannot be written.
    """
    words = [column for column in table.columns if table[column].dtype.kind not in "iufb"]
    safe = table.assign(**{column: table[column].map(as_text) for column in words})
    try:
        safe.to_csv(csv, index=False, lineterminator="\n")
    except OSError as error:
        raise WrongUse(f"--csv: {error.strerror}; choose another place") from None
    click.echo(f"written to {csv.name}")


def as_text(value: Any) -> Any:
    """Give words that no spreadsheet program takes for a formula: with ``'`` before them; numbers stay.

    Examples
    --------
    >>> [as_text(value) for value in ("=1+1", "@x", "-2", "- nee", "ja", 4)]
    ["'=1+1", "'@x", '-2', "'- nee", 'ja', 4]
    """
    if not isinstance(value, str) or not value.startswith(FORMULA) or NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def _cell(value: Any) -> str:
    if value is None or str(value) == "<NA>" or value != value:
        return ABSENT
    if isinstance(value, float):
        return f"{value:.0f}" if math.isfinite(value) and value == round(value) else f"{value:.3f}"
    return " ".join(str(value).split())
