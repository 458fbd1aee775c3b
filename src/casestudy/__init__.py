"""A mixed-methods case study workbench on plain files.

``import casestudy as cs`` gives the rooms a notebook works in; each opens when it is first used, so that the
command line starts at once.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_ROOMS: dict[str, str] = {}


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"casestudy.{_ROOMS[name]}")
    raise AttributeError(f"module 'casestudy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_ROOMS, "__version__"])
