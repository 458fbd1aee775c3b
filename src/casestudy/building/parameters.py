"""Parameters of a notebook: an unknown or ill-typed one is refused before a kernel starts."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import papermill

from casestudy.documents import nearest
from casestudy.errors import WrongUse

Value = str | int | float | bool
TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}


def check(notebook: Any, given: Mapping[str, Any], *, name: str) -> None:
    """Check parameters against the notebook's cell tagged ``parameters``.

    Parameters
    ----------
    notebook
        The notebook, read; its kernel need not be named.
    given
        Values by name.
    name
        The notebook's name, for messages.

    Raises
    ------
    WrongUse
        With a line for every parameter that the notebook does not have, and for every value of another type
        or that cannot be written down as text.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_code_cell('site: str = ""  # its id', metadata={"tags": ["parameters"]})
    >>> check(nbformat.v4.new_notebook(cells=[cell]), {"ste": "es"}, name="02_site")
    Traceback (most recent call last):
    casestudy.errors.WrongUse: 02_site: every parameter must be known, found `ste`; did you mean `site`?
    """
    known = papermill.inspect_notebook(named(notebook))
    lines = [_problem(key, value, known) for key, value in given.items()]
    if wrong := [f"{name}: {line}" for line in lines if line]:
        raise WrongUse("\n".join(wrong))


def chosen(notebook: Any, given: Mapping[str, Value]) -> dict[str, Value]:
    """Keep those parameters that the notebook has."""
    known = papermill.inspect_notebook(named(notebook))
    return {key: value for key, value in given.items() if key in known}


def named(notebook: Any) -> Any:
    """Name the kernel and language in a notebook that does not, so that its parameters can be read."""
    notebook.metadata.setdefault(
        "kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"}
    )
    return notebook


def _problem(key: str, value: Any, known: Mapping[str, Any]) -> str | None:
    if key not in known:
        return f"every parameter must be known, found `{_plain(key)}`; {nearest(_plain(key), list(known))}"
    kind = _kind(known[key])
    fits = type(value) is kind or (kind is float and type(value) is int)
    if kind is not None and not fits:
        return f"`{key}` must be {kind.__name__}, found {type(value).__name__}; correct the value"
    if isinstance(value, str) and not _is_text(value):
        return f"`{key}` must be text, found half of a character; type it again"
    if not isinstance(value, str | int | float | bool):
        return (
            f"`{key}` must be text, a number or true/false, found {type(value).__name__}; correct the value"
        )
    return None


def _kind(parameter: Mapping[str, Any]) -> type | None:
    written = str(parameter.get("inferred_type_name", "None"))
    if written in TYPES:
        return TYPES[written]
    try:
        default = ast.literal_eval(str(parameter.get("default", "")))
    except (ValueError, SyntaxError):
        return None
    return type(default) if type(default) in TYPES.values() else None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(key: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in key)
    return shown if len(shown) <= 40 else f"{shown[:40]}..."
