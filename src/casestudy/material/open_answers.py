"""Open answers of a survey: one turn per answer, spoken by its respondent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from casestudy import schema
from casestudy.documents import nearest, short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import texts
from casestudy.material.formats import workbooks
from casestudy.material.transcripts import Sentence, Transcript, Turn

# Names of the column that says whose answer it is, in the order of preference.
RESPONDENT = (
    "respondent respondent_id respondentid respondentnummer participant participant_id deelnemer "
    "deelnemernummer case case_id id response_id code token nummer nr"
).split()
# An answer in a person's own words; the options of a closed question are shorter.
FEWEST_WORDS = 6
KINDS = (".csv", ".xlsx")

Rows = Sequence[tuple[int, dict[str, str]]]


def read(data: bytes, *, name: str, questions: Sequence[str] = ()) -> Transcript:
    """Read the bytes of a table with a row per respondent and a column per question as one text.

    Every answer is a line ``respondent [question]: answer``; only the answer is the respondent's turn, so a
    segment of it leads to the respondent. An empty answer is no turn.

    Parameters
    ----------
    data
        The bytes of a csv file or of a workbook, of which the first sheet is read.
    name
        The file's name relative to the study folder, for messages.
    questions
        The columns that hold open answers; left out, those in which a person wrote a sentence and most
        answers differ.

    Raises
    ------
    InvalidMaterial
        When it is no such table, no column names the respondents, a respondent stands twice or is left out,
        or no column holds open answers.

    Examples
    --------
    >>> found = read(b"case,why\\nR1,Because I had the time to do so.\\nR2,\\n", name="a.csv")
    >>> found.text, found.turns[0].speaker
    ('R1 [why]: Because I had the time to do so.\\n', 'R1')
    """
    header, rows, remarks = _table(data, name)
    who = _respondent(header, name)
    asked = _questions(header, rows, who, name, questions)
    problems = list(_unnamed(rows, who, asked, name))
    if problems:
        raise InvalidMaterial(problems)
    parts: list[str] = []
    turns: list[Turn] = []
    sentences: list[Sentence] = []
    for _, row in rows:
        for question in asked:
            if not (words := _flat(row[question])):
                continue
            label = f"{_flat(row[who])} [{_flat(question)}]: "
            parts.append(f"{label}{words}\n")
            start = (turns[-1].end + 1 if turns else 0) + len(label)
            turn = Turn(start, start + len(words), _flat(row[who]), is_interviewer=False)
            turns.append(turn)
    text = "".join(parts)
    for number, turn in enumerate(turns):
        sentences += [Sentence(*both, number) for both in texts.sentences(text, turn.start, turn.end)]
    return Transcript(text, tuple(turns), tuple(sentences), (*remarks, *_told(header, who, asked, turns)))


def _table(data: bytes, name: str) -> tuple[Sequence[str], Rows, list[str]]:
    if PurePosixPath(name).suffix.lower() == ".csv":
        text, remark = texts.decode(data, name)
        header, rows = schema.read_table(text, name)
        remarks = [remark] if remark else []
    else:
        book = workbooks.read(data, name, lambda shown: shown[:1])
        filled = [(line, row) for grid in book.grids.values() for line, row in grid if any(row)]
        header = filled[0][1] if filled else []
        rows = [(line, dict(zip(header, row, strict=False))) for line, row in filled[1:]]
        remarks = []
    named = [column for column in header if column]
    doubled = sorted({column for column in named if named.count(column) > 1})
    if doubled or not named:
        found = f"`{short(doubled[0])}` again" if doubled else "none"
        must = "a table of open answers must have columns, each once"
        raise InvalidMaterial([Problem(place(name, 1), must, found, "give each column a name of its own")])
    return named, rows, remarks


def _flat(words: str) -> str:
    return texts.normalise(" ".join(words.split()))


def _folded(column: str) -> str:
    return "_".join(column.casefold().replace("-", " ").replace("_", " ").split())


def _respondent(header: Sequence[str], name: str) -> str:
    folded = [_folded(column) for column in header]
    for known in RESPONDENT:
        if folded.count(known) == 1:
            return header[folded.index(known)]
    must = "a table of open answers must have a column that names the respondent"
    raise InvalidMaterial([Problem(place(name, 1), must, "none", "name that column `respondent`")])


def _questions(
    header: Sequence[str], rows: Rows, who: str, name: str, given: Sequence[str]
) -> tuple[str, ...]:
    unknown = [
        Problem(
            "sources.csv",
            f"`questions` must name columns of {name}",
            f"`{short(column)}`",
            nearest(column, [*header]),
        )
        for column in given
        if column not in header
    ]
    if unknown:
        raise InvalidMaterial(unknown)
    found = tuple(given) or tuple(column for column in header if column != who and _is_open(rows, column))
    if not found:
        must = "a table of open answers must have a column with answers in sentences"
        remedy = "name the columns in the column `questions` of sources.csv, with `|` between them"
        raise InvalidMaterial([Problem(name, must, "none", remedy)])
    return found


def _is_open(rows: Rows, column: str) -> bool:
    answers = [answer for _, row in rows if (answer := _flat(row[column]))]
    longest = max((len(answer.split()) for answer in answers), default=0)
    return longest >= FEWEST_WORDS and 2 * len(set(answers)) > len(answers)


def _unnamed(rows: Rows, who: str, asked: Sequence[str], name: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for line, row in rows:
        respondent = _flat(row[who])
        if not respondent:
            if any(row[question].strip() for question in asked):
                must, remedy = "every answer must have a respondent", "fill it in"
                yield Problem(place(name, line), must, "a row without", remedy)
        elif first.setdefault(respondent, line) != line:
            must, found = "a respondent must stand once", f"one again, first on line {first[respondent]}"
            yield Problem(place(name, line), must, found, "make it one row, or one file per wave")


def _told(header: Sequence[str], who: str, asked: Sequence[str], turns: Sequence[Turn]) -> Iterator[str]:
    left = [column for column in header if column != who and column not in asked]
    yield f"open questions: {_listed(asked)}; respondents: `{short(who)}`"
    if left:
        yield f"columns left out: {_listed(left)}"
    if not turns:
        yield "it holds no words"


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(f"`{short(column)}`" for column in columns[:5])
    return f"{shown} and {len(columns) - 5} more" if len(columns) > 5 else shown
