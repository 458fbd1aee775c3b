"""Sentences with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from casestudy.material.codebook import Codebook
from casestudy.material.guide import Guide
from casestudy.material.instrument import Instrument
from casestudy.reporting.parts import Part
from casestudy.reporting.quotes import Quote
from casestudy.study import Study, Words


def at_a_glance(settled: pd.DataFrame, proposed: pd.DataFrame, sources: pd.DataFrame, change: pd.DataFrame, practice: pd.DataFrame, *, study: Study, codebook: Codebook, instrument: Instrument, site: str | None = None, id: str = "at-a-glance") -> Part:
    """Three findings, two points of attention, what this is not."""
    raise NotImplementedError


def change(change: pd.DataFrame, *, study: Study, instrument: Instrument, site: str | None = None, id: str = "change-sentences") -> Part:
    """One sentence per scale."""
    raise NotImplementedError


def integration(joint: pd.DataFrame, change: pd.DataFrame, proposed: pd.DataFrame, *, study: Study, guide: Guide, site: str | None = None, id: str = "joint-sentences") -> Part:
    """How many rows of the joint display agree, and how sure."""
    raise NotImplementedError


def differences(leave_one_out: pd.DataFrame, contrasts: pd.DataFrame, settled: pd.DataFrame, proposed: pd.DataFrame, *, study: Study, codebook: Codebook, id: str = "differences") -> Part:
    """What differs and what is alike between the sites, only what survives leaving one site out."""
    raise NotImplementedError

