"""The words: same keys and slots in both languages, none missing, none left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from casestudy import labels

SOURCE = Path(labels.__file__).parent
MODULES = sorted((SOURCE / "reporting").rglob("*.py"))
TEMPLATES = sorted(path for path in (SOURCE / "reporting" / "template").rglob("*") if path.is_file())
NL, EN = labels.read("nl").words, labels.read("en").words


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(NL) == list(EN)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_key_stands_twice(language: str) -> None:
    text = (SOURCE / "reporting" / "messages" / f"{language}.yml").read_text(encoding="utf-8")
    keys = re.findall(r"^([^#\s:][^:]*):", text, flags=re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("key", list(NL))
def test_both_languages_fill_the_same_slots(key: str) -> None:
    assert NL[key].strip()
    assert EN[key].strip()
    assert set(re.findall(r"{\w+}", NL[key])) == set(re.findall(r"{\w+}", EN[key]))


def _asked(path: Path) -> Iterator[str]:
    """Patterns of the keys that a module looks up; what is known only at run time matches anything."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: ast.expr | None = None
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("labels"):
            found = node.slice
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("labels.say"):
            found = node.args[0]
        if found is not None:
            yield from _patterns(found)


def _patterns(key: ast.expr) -> Iterator[str]:
    if isinstance(key, ast.Constant):
        yield re.escape(str(key.value))
    elif isinstance(key, ast.JoinedStr):
        yield "".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".+" for v in key.values)
    elif isinstance(key, ast.IfExp):
        yield from _patterns(key.body)
        yield from _patterns(key.orelse)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_key_that_is_asked_for_is_there(path: Path) -> None:
    missing = [pattern for pattern in _asked(path) if not any(re.fullmatch(pattern, key) for key in NL)]
    assert not missing


def test_no_key_is_left_over() -> None:
    texts = [path.read_text(encoding="utf-8") for path in [*SOURCE.rglob("*.py"), *TEMPLATES]]
    dynamic = [pattern for path in SOURCE.rglob("*.py") for pattern in _asked(path)]
    unused = [
        key
        for key in NL
        if not any(f'"{key}"' in text or f"'{key}'" in text or f".{key}" in text for text in texts)
        and not any(re.fullmatch(pattern, key) for pattern in dynamic)
    ]
    assert [key for key in unused if not key.startswith("page_")] == []
