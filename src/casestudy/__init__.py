"""A mixed-methods case study workbench on plain files.

``import casestudy as cs`` gives the rooms a notebook works in; each opens when it is first used, so that the
command line starts at once.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

_ROOMS = {
    "study": "study",
    "labels": "labels",
    **{
        room: f"material.{room}"
        for room in (
            *("code_history", "codings", "double_coding", "frames", "memos", "people", "reviews", "rounds"),
            *("sources", "summaries"),
        )
    },
    **{
        room: f"findings.{room}"
        for room in (
            *("suggestions", "counts", "ratings", "contrasts"),
            *("coded_units", "coder_agreement", "concordance", "cooccurrence", "dictionary", "disagreements"),
            *("evaluation", "mentions", "rater_agreement", "saturation", "worklist"),
            *(
                "scales",
                "item_change",
                "change",
                "waves",
                "attrition",
                "omnibus",
                "response_shift",
                "reliable_change",
            ),
            *("practice", "attribution", "integration"),
        )
    },
    **{room: f"reporting.{room}" for room in ("figures", "quotes", "report", "sentences", "tables")},
}


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return importlib.import_module(f"casestudy.{_ROOMS[name]}")
    raise AttributeError(f"module 'casestudy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_ROOMS, "__version__"])
