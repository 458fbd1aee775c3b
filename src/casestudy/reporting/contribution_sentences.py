"""Sentences about what contributed: parts of the training, as people who use a skill name them."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names, released
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.study import Audience, Study

MOST_CONTRIBUTIONS = 3
MOST_COMMON, MOST_SPECIFIC = 2, 2
CLEARLY_MORE = 0.1


def contribution(
    attribution: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "contribution-sentences",  # noqa: A002
) -> Part:
    """Components that professionals name most often, each with the skill and the number of people.

    Of all sites together it is also said which components are named for every skill, and which belong to one.

    Parameters
    ----------
    attribution
        The attribution frame.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = released.attribution(attribution, disclosure.limits(study, audience), unit=site or ALL)
        told = view.frame[view.frame["share"].notna()].sort_values("share", ascending=False, kind="stable")
        said = [
            labels.say(
                f"attribution.sentence_{row.form}",
                skill=names.code(codebook, row.skill, labels),
                component=names.code(codebook, row.component, labels),
                some=labels.percent(row.share),
                n=labels.number(row.n),
                n_of=labels.number(row.n_of),
            )
            for row in told.head(MOST_CONTRIBUTIONS).itertuples(index=False)
        ]
        said += _specificity(view.frame, codebook, labels) if site is None else []
        html = markup.bullets(said) if said else Markup("")  # the figure below says why
        return Rendering(html, None, view.withheld)

    return Part(id, "text", draw)


def _specificity(view: pd.DataFrame, codebook: Codebook, labels: Labels) -> list[str]:
    """Say which components are named over all skills, and which clearly more for one skill than on average.

    Only of components whose share is shown for every skill, so that the mean is that of what a reader sees.
    """
    shares = view.pivot(index="component", columns="skill", values="share").dropna()
    if shares.empty or shares.shape[1] == 1:
        return []
    means = shares.mean(axis="columns")
    common = [
        labels.say(
            "attribution.common_one",
            component=names.code(codebook, component, labels),
            mean=_share(mean, labels),
        )
        for component, mean in means.sort_values(ascending=False, kind="stable").head(MOST_COMMON).items()
    ]
    above = shares.sub(means, axis="index").stack().sort_values(ascending=False, kind="stable")
    specific = [
        labels.say(
            "attribution.specific_one",
            component=names.code(codebook, component, labels),
            skill=names.code(codebook, skill, labels),
            share=_share(shares.loc[component, skill], labels),
            mean=_share(means[component], labels),
        )
        for component, skill in above[above >= CLEARLY_MORE].head(MOST_SPECIFIC).index
    ]
    told = {"common": ("components", common), "specific": ("pairs", specific)}
    return [
        labels.say(f"attribution.{key}", **{slot: labels.list(named)})
        for key, (slot, named) in told.items()
        if named
    ]


def _share(share: float, labels: Labels) -> str:
    return labels.percent(disclosure.hundredths(share))
