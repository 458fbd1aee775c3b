"""Who took part, in bands: conversations, people and respondents."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from casestudy.labels import Labels
from casestudy.reporting import disclosure, markup, names, released, wave_counts
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL, Released
from casestudy.study import Audience, Study

FIXED = ("conversations", "people")


def participation(
    sources: pd.DataFrame,
    participants: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    study: Study,
    site: str | None = None,
    id: str = "participation",  # noqa: A002
) -> Part:
    """Conversations, people spoken to and respondents per wave, in bands.

    Parameters
    ----------
    sources, participants, responses
        The frames of the material; people who withdrew are not counted.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = _bands(_counts(sources, participants, responses, study, site), limits)
        sites = list(dict.fromkeys(view.frame["site"]))
        groups = list(dict.fromkeys(view.frame["group"]))
        cells = {
            (r.site, r.group): names.band(r.low, r.high, labels) for r in view.frame.itertuples(index=False)
        }
        if site is not None:
            columns = [
                Column(labels["participation.group"]),
                Column(labels["participation.number"], numbers=True),
            ]
            rows = [[_group(study, group, labels), cells[site, group]] for group in groups]
        else:
            columns = [Column(labels[f"site_word.{study.site_word}"])]
            columns += [Column(_group(study, group, labels), numbers=True) for group in groups]
            rows = [[names.site(study, s, labels), *(cells[s, group] for group in groups)] for s in sites]
        html = markup.table(id, labels["participation.caption"], columns, rows)
        html += markup.note(labels.say("participation.note", minimum=labels.number(limits.minimum)))
        return Rendering(html, names.named(view.frame, study), view.withheld)

    return Part(id, "table", draw)


def _counts(
    sources: pd.DataFrame, participants: pd.DataFrame, responses: pd.DataFrame, study: Study, site: str | None
) -> pd.DataFrame:
    talks = released.conversation_counts(sources)
    people = participants[~participants["is_withdrawn"].astype(bool)]
    rows = []
    for unit in [site] if site is not None else [ALL, *study.site_ids]:
        sites = study.site_ids if unit == ALL else [unit]
        rows.append((unit, "conversations", sum(talks.get(s, 0) for s in sites), math.nan))
        rows.append((unit, "people", int(people["site"].isin(sites).sum()), math.nan))
        answered = responses[responses["site"].isin(sites)]
        rows += [(unit, *counted) for counted in _respondents(answered, study, only_compared=site is None)]
    return pd.DataFrame(rows, columns=["site", "group", "n", "both"])


def _respondents(
    responses: pd.DataFrame, study: Study, *, only_compared: bool
) -> Iterator[tuple[str, int, float]]:
    """Count respondents per wave, and those in both compared waves, whom the change counts exactly.

    Across sites only of the compared waves, to keep the table narrow.
    """
    answered = responses[responses["value"].notna()]
    people = {wave.id: set(answered.loc[answered["wave"] == wave.id, "respondent"]) for wave in study.waves}
    compared = (study.comparison.before, study.comparison.after)
    both = set.intersection(*(people.get(wave, set()) for wave in compared))
    for wave, found in people.items():
        if wave in compared or not only_compared:
            yield f"wave {wave}", len(found), len(both) if wave in compared else math.nan


def _bands(counts: pd.DataFrame, limits: Limits) -> Released:
    bands = [
        wave_counts.beside(n, limits, part=both) for n, both in zip(counts["n"], counts["both"], strict=True)
    ]
    frame = counts[["site", "group"]].assign(
        low=[known.low for known in bands], high=[known.high for known in bands]
    )
    small = counts.loc[counts["n"] < limits.minimum, ["site", "group"]].itertuples(index=False)
    return Released(frame, tuple(Withheld("few_people", f"{row.site} x {row.group}") for row in small))


def _group(study: Study, group: str, labels: Labels) -> str:
    if group in FIXED:
        return labels[f"participation.{group}"]
    return labels.say(
        "participation.respondents", wave=names.wave(study, group.removeprefix("wave "), labels)
    )
