"""YAML files that people write: strict, with a line for every problem.

Every plain value stays the text that was typed until a schema reads it, so that an id may be ``no`` or
``012``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from casestudy.errors import InvalidMaterial, Problem, place

LIMIT_NODES = 20_000
LIMIT_DEPTH = 50
LIMIT_BYTES = 5_000_000
NOTHING = {"", "~", "null", "Null", "NULL"}

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Record(BaseModel):
    """A frozen value read from a file; an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True
    )


Document = TypeVar("Document", bound=BaseModel)
KeyPath = tuple[str | int, ...]


def read(path: Path, model: type[Document], *, name: str) -> Document:
    """Read one YAML file as ``model``.

    Parameters
    ----------
    path
        The file.
    model
        The record it must hold.
    name
        The file's name relative to the study folder, for messages.

    Raises
    ------
    InvalidMaterial
        With every problem of the file: unreadable text, doubled keys, unknown or missing keys, wrong values.
    """
    return parse(_text(path, name), model, name=name)


def parse(text: str, model: type[Document], *, name: str) -> Document:
    """Read YAML text as ``model``; as ``read`` otherwise."""
    root = _compose(text, name)
    problems = list(_structure_problems(root, name))
    if problems:
        raise InvalidMaterial(problems)
    lines: dict[KeyPath, int] = {}
    value = _plain(root, (), lines)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidMaterial(_schema_problems(error, lines, name)) from None


def must_be_there(path: Path, name: str) -> None:
    """Refuse a file of the study that is not there, is no file, or is a link that leads out of the study.

    Raises
    ------
    InvalidMaterial
        When it may not be read.
    """
    if not path.is_file():
        raise InvalidMaterial(
            [Problem(name, "the file must be there", "nothing", "add it; `casestudy new` shows one")]
        )
    folder = path.parents[len(PurePosixPath(name).parts) - 1]
    if not path.resolve().is_relative_to(folder.resolve()):
        must, found = "a file must lie in the study folder", "a link that leads out of it"
        raise InvalidMaterial([Problem(name, must, found, "put the file itself there")])


def _text(path: Path, name: str) -> str:
    must_be_there(path, name)
    if path.stat().st_size > LIMIT_BYTES:
        raise InvalidMaterial(
            [Problem(name, f"the file must be under {LIMIT_BYTES:,} bytes", "more", "split or shorten it")]
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {error.start} that is not"
        raise InvalidMaterial(
            [Problem(name, "the file must be UTF-8 text", found, "save it as UTF-8")]
        ) from None


def _compose(text: str, name: str) -> yaml.Node:
    try:
        _measure(text, name)
        root = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        found = " ".join(str(error.problem or "something else").split())
        found = found.removeprefix("but ").removeprefix("found ")
        remedy = "check the indentation, colons and quotes around this line"
        raise InvalidMaterial(
            [Problem(place(name, line), "the file must be valid YAML", found, remedy)]
        ) from None
    except yaml.YAMLError:
        found = "a character that YAML does not allow"
        raise InvalidMaterial(
            [Problem(name, "the file must be valid YAML", found, "remove control characters")]
        ) from None
    if root is None:
        raise InvalidMaterial([Problem(name, "the file must hold settings", "an empty file", "fill it in")])
    return root


def _measure(text: str, name: str) -> None:
    """Refuse what is nested too deep or holds too much, before it is built: building follows every level."""
    depth = n_nodes = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        n_nodes += isinstance(event, yaml.NodeEvent)
        if depth > LIMIT_DEPTH:
            where = place(name, event.start_mark.line + 1 if event.start_mark else None)
            must = f"values must be nested at most {LIMIT_DEPTH} deep"
            raise InvalidMaterial([Problem(where, must, "more", "flatten it")])
        if n_nodes > 2 * LIMIT_NODES:  # every value may have a key
            raise InvalidMaterial([_too_much(name)])


def _too_much(name: str) -> Problem:
    return Problem(name, f"the file must hold at most {LIMIT_NODES:,} values", "more", "split it")


def _structure_problems(root: yaml.Node, name: str) -> Iterator[Problem]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        where = place(name, node.start_mark.line + 1)
        if id(node) in seen:
            yield Problem(
                where, "a value must be written out", "an alias (`*name`)", "repeat the value instead"
            )
            return
        seen.add(id(node))
        if len(seen) > LIMIT_NODES:
            yield _too_much(name)
            return
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python"):
            yield Problem(where, "a value must be plain", "a tag (`!...`)", "remove the tag")
            continue
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            yield from _key_problems(node, name)
            waiting.extend(value for _, value in node.value)


def _key_problems(node: yaml.MappingNode, name: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            yield Problem(
                place(name, line), "a key must be one word", "a list or mapping", "write a plain key"
            )
        elif key.value in first:
            found = f"`{short(key.value)}` again, first on line {first[key.value]}"
            yield Problem(place(name, line), "a key must stand once", found, "keep one of the two")
        else:
            first[key.value] = line


def _plain(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        nothing = not node.style and node.value in NOTHING
        return None if nothing else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), lines) for index, item in enumerate(node.value)]
    result = {}
    for key, value in node.value:
        result[key.value] = _plain(value, (*path, key.value), lines)
        lines[(*path, key.value)] = key.start_mark.line + 1
    return result


def _schema_problems(error: ValidationError, lines: dict[KeyPath, int], name: str) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        path = tuple(part for part in detail["loc"] if not str(part).startswith("function-"))
        known = path
        while known not in lines and known:
            known = known[:-1]
        where = place(name, lines.get(known))
        yield _told(detail, where, path)


# What pydantic says of a kind of value is written for programmers.
_KINDS = {
    **dict.fromkeys(("bool_parsing", "bool_type"), ("must be `true` or `false`", "write one of the two")),
    **dict.fromkeys(
        ("float_parsing", "float_type", "finite_number"), ("must be a number", "write it as 3 or 2.5")
    ),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type"),
        ("must be keys with values", "write `key: value`, each on a line of its own"),
    ),
    **dict.fromkeys(
        ("tuple_type", "list_type"), ("must be a list", "write each entry after `- `, or in `[ ]`")
    ),
}


def _told(detail: Any, where: str, path: KeyPath) -> Problem:
    field = short(".".join(str(part) for part in path)) or "the file"
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return Problem(where, "every key must be known", f"`{field}`", "remove it or correct its spelling")
    if kind == "missing":
        return Problem(where, f"`{field}` must be given", "nothing", "add it")
    if kind == "literal_error":
        return Problem(
            where, f"`{field}` must be {context['expected']}", "something else", "use one of these words"
        )
    if kind in _KINDS:
        must, remedy = _KINDS[kind]
        return Problem(where, f"`{field}` {must}", "another kind of value", remedy)
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    must, _, remedy = message.partition("; ")
    must = (
        must.replace("Input should be", "must be")
        .replace("String should", "must")
        .replace("List should", "must")
    )
    found = "something else"
    if ", found " in must:
        must, found = must.split(", found ", 1)
    elif detail["type"].endswith(("_type", "_parsing")):
        found = "another kind of value"
    if "must" not in must.split():
        must = f"must be right: {must}"
    return Problem(
        where, f"`{field}` {must}" if not must.startswith("`") else must, found, remedy or "correct the value"
    )


def nearest(word: str, known: list[str]) -> str:
    """Say what was probably meant, for the last part of a message.

    Examples
    --------
    >>> nearest("esdorn", ["esdoorn", "beuk"])
    'did you mean `esdoorn`?'
    >>> nearest("x", ["esdoorn", "beuk"])
    'use one of: esdoorn, beuk'
    """
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    shown = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
    return f"use one of: {shown}" if known else "add it first"


def short(word: str) -> str:
    """Cut a word that somebody typed to the length of a message; exports use whole questions as column names.

    Examples
    --------
    >>> short("TOE01"), short("Hoe vaak maakt u met een gezin een veiligheidsplan?")
    ('TOE01', 'Hoe vaak maakt u met een gezin een veil...')
    """
    flat = " ".join(word.split())
    return flat if len(flat) <= 42 else f"{flat[:39]}..."
