"""The first and the last part of a report: what it rests on, and which versions made it."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

import casestudy
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released, wave_counts
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.parts import Part, Rendering
from casestudy.study import Audience, Site, Study


def head(
    sources: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    study: Study,
    site: Site | None,
    states: pd.DataFrame | None = None,
) -> Part:
    """Say what the report is about and which material it rests on, in bands.

    Parameters
    ----------
    sources, responses
        The frames of the material; those of one site or of all.
    site
        The site of the report; nothing for the report across sites.
    states
        Across sites: site, state (``current``, ``old`` or ``absent``) and date of the numbers that were used.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        about = (
            labels.say("head.site", site=site.name, question=study.question[labels.language])
            if site
            else labels.say("head.cross", question=study.question[labels.language])
        )
        html = markup.paragraphs(
            Markup("<strong>{}</strong>").format(about), _material(labels, limits), *_states(labels)
        )
        return Rendering(html)

    def _states(labels: Labels) -> list[str]:
        if states is None:
            return []
        named = [(names.site(study, row.site, labels), row) for row in states.itertuples(index=False)]
        old = [
            labels.say("head.site_of", site=s, date=labels.day(r.date)) for s, r in named if r.state == "old"
        ]
        gone = [s for s, r in named if r.state == "absent"]
        said = [labels.say("head.older", sites=labels.list(old))] if old else []
        return said + ([labels.say("head.absent", sites=labels.list(gone))] if gone else [])

    def _material(labels: Labels, limits: Limits) -> str:
        said = []
        talks = sum(released.conversation_counts(sources).values())
        if talks:
            said.append(labels.say("head.conversations", band=names.band(*_band(talks, limits), labels)))
        n, both = _respondents(responses, study)
        if n:
            known = wave_counts.beside(n, limits, part=both)
            said.append(labels.say("head.respondents", band=names.band(known.low, known.high, labels)))
        return labels.say("head.rests_on", material=labels.list(said)) if said else labels["head.nothing"]

    return Part("head", "head", draw)


def _respondents(responses: pd.DataFrame, study: Study) -> tuple[int, int]:
    """Count the respondents of the largest wave, and those in both compared waves, who are told exactly."""
    answered = responses[responses["value"].notna()]
    people = {w.id: set(answered.loc[answered["wave"] == w.id, "respondent"]) for w in study.waves}
    compared = (study.comparison.before, study.comparison.after)
    both = set.intersection(*(people.get(wave, set()) for wave in compared))
    return max(map(len, people.values()), default=0), len(both)


def _band(n: int, limits: Limits) -> tuple[float, float]:
    low, high = disclosure.band(n, limits.minimum)
    return float(low), float("nan") if high is None else float(high)


def end(*, study: Study, codebook: Codebook, instrument: Instrument) -> Part:
    """Say which versions made the report; the last part of every notebook."""

    def draw(labels: Labels, audience: Audience) -> Rendering:
        versions = [
            (labels["end.program"], f"casestudy {casestudy.__version__}"),
            (labels["end.codebook"], f"{codebook.id} {codebook.version}"),
        ]
        if instrument.scales:
            versions.append((labels["end.instrument"], f"{instrument.id} {instrument.version}"))
        versions.append((labels["end.seed"], str(study.seed)))
        versions.append((labels["end.readers"], labels[f"page_readers_{audience}"]))
        items = markup.joined(Markup("<dt>{}</dt><dd>{}</dd>").format(*pair) for pair in versions)
        return Rendering(Markup('<dl class="key">{}</dl>').format(items))

    return Part("end", "end", draw)
