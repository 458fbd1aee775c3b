"""What pages told of others before, kept beside the reports, so that no two of them differ by one person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from pydantic import RootModel, ValidationError

from casestudy.errors import InvalidMaterial, Problem
from casestudy.material import rewrites
from casestudy.material.instrument import Instrument
from casestudy.reporting.self_reflection import reference
from casestudy.reporting.self_reflection.reference import Band
from casestudy.study import Study

FILE = "references.json"


class _Told(RootModel[dict[str, list[Band]]]):
    """Bands by how their scores were made: those of another questionnaire are never compared."""


def renewed(study: Study, instrument: Instrument, bands: Sequence[Band]) -> tuple[Band, ...]:
    """Give the bands that a page may tell now, and remember them.

    Parameters
    ----------
    study, instrument
        What was told before lies in the study's private folder, by the items, answers and rules that make a
        score: after these have changed everything is told anew.
    bands
        Of now, as ``reference.band`` gives them.

    Raises
    ------
    InvalidMaterial
        When what was told before cannot be read.
    """
    path = study.workshop / FILE
    told = {}
    if path.exists():
        try:
            told = _Told.model_validate_json(path.read_bytes()).root
        except (ValidationError, ValueError):
            remedy = "restore it from a copy"
            raise InvalidMaterial([Problem(FILE, "it must be as it was written", "other", remedy)]) from None
    measure = _measure(study, instrument)
    found = reference.renewed(bands, told.get(measure, []))
    here = {(band.scale, band.wave) for band in found if band.reason is None}
    kept = [band for band in told.get(measure, []) if (band.scale, band.wave) not in here]
    told[measure] = [*kept, *(band for band in found if band.reason is None)]
    text = json.dumps({key: [list(band) for band in one] for key, one in told.items()}, indent=1)
    rewrites.write_whole(path, text.encode())
    path.chmod(0o600)  # how many answered is nobody's business but the researchers'
    return found


def _measure(study: Study, instrument: Instrument) -> str:
    """Fingerprint everything that makes a score of answers."""
    scored = [
        [scale.id, [[item.id, item.reverse, item.options] for item in scale.items]]
        for scale in instrument.scales
    ]
    options = {name: [one.min, one.max] for name, one in instrument.options.items()}
    share = study.thresholds.survey.min_answered_share
    return hashlib.sha256(json.dumps([scored, options, share], sort_keys=True).encode()).hexdigest()[:16]
