"""Who decided something, when, and why: what every decision bears."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a moment, `YYYY-MM-DDThh:mm:ss+00:00`; write it so") from None
    return value


def _two_people(value: tuple[str, ...]) -> tuple[str, ...]:
    if len({name.casefold() for name in value}) < 2:
        raise ValueError("must name two people who decided together; add the second")
    return value


Moment = Annotated[str, AfterValidator(_moment)]
Person = Annotated[str, Field(min_length=1, max_length=60)]
TwoPeople = Annotated[tuple[Person, ...], AfterValidator(_two_people)]
Reason = Annotated[str, Field(min_length=3)]
