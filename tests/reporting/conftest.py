"""A small study by hand: five sites, ratings, survey change, use of skills, and what people decided."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from casestudy.findings.contrasts import chance_baseline, distinguish, leave_one_site_out
from casestudy.findings.suggestions import evaluate
from casestudy.material.codebook import Code, Codebook, Definition, framework
from casestudy.material.decisions import (
    Condition,
    Decision,
    Fit,
    MetaInference,
    Question,
    QuoteRelease,
    Recommendation,
)
from casestudy.material.guide import Guide, JointRow
from casestudy.material.instrument import Instrument
from casestudy.material.people import Participant
from casestudy.material.questions import Item, Options, Scale
from casestudy.material.sources import SourceRow
from casestudy.reporting import figures, quotes, sentences, tables
from casestudy.reporting.parts import Part
from casestudy.study import Site, Study, Wave, Words

NAN = float("nan")
SITES = {"s1": "Esdoorn", "s2": "Beuk", "s3": "Linde", "s4": "Wilg", "s5": "Es"}
# methods P1: planted ratings, and one more that rests on a single conversation at one site
RATINGS = {
    "M23": ("1", "-2", "-1", "-2", "-2"),
    "M13": ("2", "1", "1", "-1", "-1"),
    "M19": ("1", "1", "0", "-1", "-1"),
    "M16": ("2", "1", "2", "1", "1"),
    "M05": ("X", "X", "1", "X", "-1"),
    "M20": ("-2", "-2", "-2", "-2", "-2"),
    "M29": ("M", "M", "-1", "M", "M"),
    "M22": ("0", "0", "0", "0", "0"),
    "M04": ("-1", "-1", "1", "-1", "-1"),
    "M26": ("M", "M", "M", "M", "M"),
}
# pairs per site as in methods P2; s4 is not linked, s5 is small
PAIRS = {"s1": (64, 54, 54), "s2": (56, 44, 44), "s3": (52, 38, 38), "s4": (44, 36, None), "s5": (14, 8, 8)}
CHANGES = {
    "KEN": {"s1": 0.66, "s2": 0.71, "s3": 0.68, "s4": 0.62, "s5": 0.65, "ALL": 0.67},
    "VAA": {"s1": 0.73, "s2": 0.45, "s3": 0.46, "s4": -0.04, "s5": -0.06, "ALL": 0.46},
    "HOU": {"s1": -0.03, "s2": 0.02, "s3": 0.01, "s4": -0.02, "s5": 0.30, "ALL": -0.01},
}
USE = {  # often, applicable: all sites, then s1 to s5
    "SK01": [(150, 190), (48, 52), (36, 44), (30, 38), (30, 46), (6, 10)],
    "SK03": [(60, 185), (22, 50), (12, 44), (10, 36), (13, 45), (3, 10)],
    "SK04": [(120, 188), (41, 52), (23, 44), (24, 38), (25, 44), (7, 10)],
    "SK07": [(90, 180), (25, 50), (20, 42), (20, 36), (19, 42), (6, 10)],
}
APPROVALS = ("approved", "approved", "not_needed", "approved", "approved_with_changes", "refused")
AT = "2019-03-01T10:00:00+00:00"


def words(text: str) -> Words:
    return Words(nl=f"{text} (nl)", en=f"{text} (en)")


def _study() -> Study:
    return Study(
        title=words("Onderzoek"),
        question=words("Vraag"),
        kind="implementation",
        fictional=True,
        audiences=("internal", "site", "public"),
        sites=tuple(Site(id=key, name=name) for key, name in SITES.items()),
        waves=(
            Wave(id="T0", label=Words(nl="voormeting", en="first measurement"), relation="before"),
            Wave(id="T1", label=Words(nl="nameting", en="second measurement"), relation="directly_after"),
        ),
    )


def _codebook() -> Codebook:
    codes = [*framework("midi"), *framework("skills"), *framework("components")]
    own = Code(
        id="IND1",
        family="inductive",
        label=Words(nl="<b>Rust</b>", en="<b>Calm</b>"),
        definition=Definition(nl="Rust"),
    )
    return Codebook(id="boek", version="1.0.0", changelog=(), codes=(*codes, own))


def _instrument() -> Instrument:
    labels = {
        "KEN": Words(nl="Kennis", en="Knowledge"),
        "VAA": Words(nl="Ervaren vaardigheid", en="Self-rated skill"),
        "HOU": Words(nl="Houding", en="Attitude"),
    }
    scales = tuple(
        Scale(id=key, label=label, items=(Item(id=f"{key}1", text=words("?"), options="five"),))
        for key, label in labels.items()
    )
    return Instrument(id="spiegel", version="1", options={"five": Options(min=1, max=5)}, scales=scales)


def _ratings() -> tuple[pd.DataFrame, pd.DataFrame]:
    settled, proposed = [], []
    for code, values in RATINGS.items():
        for site, value in zip(SITES, values, strict=True):
            silent, lone = value == "M", (code, site) == ("M04", "s3")
            n = 0 if silent else 1 if lone else 6 if value in ("-2", "2") else 4
            settled.append((site, code, value, value, n, 0.5 if value == "X" else 1.0, "", "current"))
            reason = "not_mentioned" if code == "M29" else "not_asked"
            plus, minus = (n if value in sides else 0 for sides in (("1", "2"), ("-1", "-2")))
            counts = (n, plus, minus, n if value == "X" else 0, min(n, 2), n == 1)
            proposed.append((site, code, value, reason if silent else pd.NA, *counts))
    columns = ["site", "code", "rating", "proposed", "n_sources", "stability", "rationale", "standing"]
    reach = ["n_sources", "n_plus", "n_minus", "n_mixed", "n_roles", "single_role"]
    return (
        pd.DataFrame(settled, columns=columns),
        pd.DataFrame(proposed, columns=["site", "code", "proposed", "reason", *reach]),
    )


def _sources() -> tuple[list[SourceRow], pd.DataFrame, list[Participant]]:
    rows, people = [], []
    for site in SITES:
        for n in range(1, 9):
            who = f"{site}p{n}"
            role = "professional" if n < 7 else "teamleider"
            people.append(Participant(participant=who, role=role, site=site, consent="quote"))
            row = {
                "source": f"{site}i{n}",
                "site": site,
                "kind": "interview",
                "file": "a.txt",
                "date": "2019-03",
            }
            rows.append(SourceRow(**row, participants=who, consent="paraphrase" if n == 4 else "quote"))
    frame = pd.DataFrame([(row.source, row.site, row.kind, len(row.participants)) for row in rows])
    return rows, frame.set_axis(["source", "site", "kind", "n_participants"], axis=1), people


def _change() -> pd.DataFrame:
    rows = []
    for scale, diffs in CHANGES.items():
        for site, diff in diffs.items():
            before, after, pairs = (230, 180, 144) if site == "ALL" else PAIRS[site]
            half = 0.08 if site == "ALL" else 0.18 if pairs is None or pairs > 10 else 0.5
            state = "up" if diff - half > 0 else "none" if half < 0.2 and abs(diff) < 0.1 else "unclear"
            m_before = 3.1 + 0.05 * len(rows)
            rows.append(
                {
                    "scale": scale, "site": site, "before": "T0", "after": "T1", "n_before": before,
                    "n_after": after, "n_pairs": pairs, "m_before": m_before, "m_after": m_before + diff,
                    "diff": diff, "lo": diff - half, "hi": diff + half, "state": state,
                    "method": "welch" if pairs is None else "paired", "model_diff": diff + 0.03,
                }
            )  # fmt: skip
    return pd.DataFrame(rows).astype({"n_pairs": "Int64"})


def _practice() -> pd.DataFrame:
    rows = []
    for skill, counts in USE.items():
        for unit, (often, of) in zip(["ALL", *SITES], counts, strict=True):
            share = often / of
            rows.append((unit, skill, of, often, share, max(0, share - 0.12), min(1, share + 0.1), 7))
    columns = ["unit", "skill", "n_applicable", "n_often", "share", "lo", "hi", "n_not_applicable"]
    return pd.DataFrame(rows, columns=columns)


def _attribution() -> pd.DataFrame:
    rows = []
    grades = {"CP01": "one", "CP04": "two", "CP05": "three", "CP09": "asked", "CP11": "none"}
    for unit in ("ALL", "s1"):
        for skill in USE:
            for place, (component, grade) in enumerate(grades.items()):
                offered = component != "CP11"
                users, named = (41, [8, 23, 33, 2, 0][place]) if offered else (pd.NA, pd.NA)
                said = (4 if place == 2 else 0, 3 if place == 0 else 0)
                rows.append((unit, skill, component, users, named, *said, grade, place == 0, offered))
    columns = "unit skill component n_users n_named n_src_helped n_src_hindered grade warn offered".split()
    return pd.DataFrame(rows, columns=columns)


def _codings() -> pd.DataFrame:
    rows = [
        (
            f"q{n}",
            f"s1i{source}",
            "s1",
            code,
            "professional" if source < 7 else "lead",
            "confirmed",
            "human",
            pd.NA,
        )
        for n, (source, code) in enumerate(
            [(1, "M13"), (1, "M13"), (1, "M23"), (4, "M16"), (7, "M20"), (2, "M23")]
        )
    ]
    columns = ["coding", "source", "site", "code", "role", "status", "kind", "derived_from"]
    return pd.DataFrame(rows, columns=columns)


def _evaluation() -> pd.DataFrame:
    """The golden of methods C2 for one code, and a code with too few examples."""
    units = [
        ("M23", human, machine)
        for human, machine, n in ((1, 1, 40), (0, 1, 10), (1, 0, 20), (0, 0, 330))
        for _ in range(n)
    ]
    units += [("M27", 1, 0), ("M27", 1, 1), ("M27", 0, 0)]
    frame = pd.DataFrame(units, columns=["code", "human", "machine"])
    return evaluate(
        frame.assign(unit=range(len(frame)), source=[f"i{n % 8}" for n in range(len(frame))]),
        seed=1,
        draws=50,
    )


def _decisions() -> tuple[Decision, ...]:
    two = ("a", "b")
    quotes = tuple(
        QuoteRelease(
            kind="quote_release", quote=f"q{n}", text=f"Citaat {n} <i>zo</i>", approval=approval, at=AT,
            audiences=("internal", "site") if n else ("internal", "site", "public"), decided_by=("a",),
        )
        for n, approval in enumerate(APPROVALS)
    )  # fmt: skip
    fits = tuple(
        Fit(
            kind="fit", site=site, row="vaardigheid", label=label, rationale="Omdat het is.", decided_by=two,
            at=AT, explanation="timing" if label == "dissonance" else None, segments=("q1", "q2"),
        )
        for site, label in (("s1", "agreement"), ("s2", "dissonance"), ("s5", "agreement"))
    )  # fmt: skip
    inference = MetaInference(
        kind="meta_inference", site="s1", row="vaardigheid", text=words("Conclusie een"), carried_by="both",
        decided_by=two, at=AT,
    )  # fmt: skip
    condition = {"kind": "condition", "action": words("Uren vrijmaken"), "owner": words("Directie"), "at": AT}
    return (
        *quotes,
        *fits,
        inference,
        inference.model_copy(update={"site": "ALL", "text": words("Conclusie alle")}),
        inference.model_copy(update={"site": "s5", "text": words("Conclusie vijf")}),
        Condition(**condition, site="s1", code="M23", decided_by=("a",)),
        Condition(**condition, site="s3", code="M04", decided_by=("a",)),
        Condition(**condition, site="ALL", code="M23", decided_by=("a",)),
        Question(kind="question", site="s1", text=words("Wat helpt?"), decided_by=("a",), at=AT),
        Recommendation(
            kind="recommendation",
            audience=words("Directies"),
            text=words("Doe dit"),
            decided_by=("a",),
            at=AT,
        ),
    )


def _joint(change: pd.DataFrame) -> pd.DataFrame:
    labels = {"s1": "agreement", "s2": "dissonance", "s5": "agreement"}
    rows = []
    for site, rating in zip(SITES, RATINGS["M16"], strict=True):
        measured = change[(change["scale"] == "VAA") & (change["site"] == site)].iloc[0]
        rows.append(
            (
                *(site, "vaardigheid", rating, "current", 5),
                *(measured["n_pairs"], measured["diff"], labels.get(site, pd.NA)),
            )
        )
        rows.append((site, "netwerk", pd.NA, pd.NA, pd.NA, pd.NA, NAN, "not_covered"))
    columns = ["site", "row", "rating", "standing", "n_sources", "n_pairs", "diff", "label"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="session")
def material() -> Any:
    """Everything a report draws from."""
    settled, proposed = _ratings()
    rows, sources, people = _sources()
    change = _change()
    matrix = settled.pivot(index="code", columns="site", values="rating").loc[list(RATINGS)]
    high, low = ["s1", "s2", "s3"], ["s4", "s5"]
    guide = Guide(
        joint_display=(
            JointRow(
                row="vaardigheid",
                label=words("Vaardigheid"),
                codes=("M16",),
                scale="VAA",
                relation="same_object",
            ),
            JointRow(row="netwerk", label=words("Netwerk"), codes=("SK07",), relation="same_object"),
        )
    )
    return SimpleNamespace(
        study=_study(), codebook=_codebook(), instrument=_instrument(), guide=guide,
        settled=settled, proposed=proposed, sources=sources, source_rows=rows, people=people,
        participants=pd.DataFrame(
            [(p.participant, p.role, p.site, p.consent, False) for p in people],
            columns=["participant", "role", "site", "consent", "is_withdrawn"],
        ),
        responses=pd.DataFrame(
            [
                (f"{s}r{n}", s, w, "KEN1", 3.0)
                for s, (first, second, _) in PAIRS.items()
                for w, k in (("T0", first), ("T1", second))
                for n in range(k)
            ],
            columns=["respondent", "site", "wave", "item", "value"],
        ),
        change=change, practice=_practice(), attribution=_attribution(), codings=_codings(),
        decisions=_decisions(), joint=_joint(change), high=high, low=low,
        contrasts=distinguish(matrix, high, low), leave_one_out=leave_one_site_out(matrix, high, low),
        chance=chance_baseline(len(matrix), len(high), len(low), draws=500, seed=1),
        criterion=Words(nl="verandering in vaardigheid", en="change in skill"),
        reliability=pd.DataFrame(
            [
                ("KEN", "T0", 0.8123, 0.71, 0.884, 230, 6),
                ("KEN", "T1", 0.79, 0.7, 0.86, 25, 6),
                ("VAA", "T0", 0.5, 0.1, 0.7, 4, 6),
                ("VAA", "T1", NAN, NAN, NAN, 25, 6),
            ],
            columns=["scale", "wave", "alpha", "lo", "hi", "n", "n_items"],
        ).assign(
            omega=[0.8201, NAN, NAN, NAN], omega_lo=[0.73, NAN, NAN, NAN], omega_hi=[0.88, NAN, NAN, NAN],
            n_draws_kept=[998, 0, 0, 0], indicative=[False, True, True, True],
            note=["", "heywood", "few below_60", "no_omega"],
        ),
        evaluation=_evaluation(),
    )  # fmt: skip


@pytest.fixture(scope="session")
def site_parts(material: Any) -> dict[str, Part]:
    """All parts of the page of one site, by id."""
    m, site = material, "s1"
    about = {"study": m.study, "codebook": m.codebook}
    scales = {"study": m.study, "instrument": m.instrument, "site": site}
    settled, proposed = (f[f["site"] == site] for f in (m.settled, m.proposed))
    change, sources = m.change[m.change["site"] == site], m.sources[m.sources["site"] == site]
    given = quotes.released(m.decisions, m.codings, m.source_rows, m.people, study=m.study)
    joined = {"study": m.study, "guide": m.guide, "site": site}
    glance = (settled, proposed, sources, change, m.practice)
    return _by_id(
        sentences.at_a_glance(*glance, instrument=m.instrument, site=site, **about),
        tables.participation(m.sources, m.participants, m.responses, study=m.study, site=site),
        tables.practice(m.practice, site=site, **about),
        figures.practice(m.practice, site=site, **about),
        tables.ratings_list(settled, proposed, sources, given, site=site, **about),
        tables.attribution(m.attribution, site=site, **about),
        figures.attribution(m.attribution, site=site, **about),
        tables.change(change, **scales),
        figures.change(change, **scales),
        sentences.change(change, **scales),
        tables.joint_display(m.joint, change, proposed, given, decisions=m.decisions, **joined),
        sentences.integration(m.joint, change, proposed, **joined),
        tables.conditions(m.decisions, settled, proposed, site=site, **about),
        tables.questions(m.decisions, study=m.study, site=site),
        quotes.shown(given, site=site, **about),
    )


@pytest.fixture(scope="session")
def cross_parts(material: Any) -> dict[str, Part]:
    """All parts of the page across sites, by id."""
    m = material
    about = {"study": m.study, "codebook": m.codebook}
    scales = {"study": m.study, "instrument": m.instrument}
    rated = (m.settled, m.proposed)
    ordered = {"order": [*reversed(m.study.site_ids)], "ordered_by": m.criterion}
    groups = {"high": m.high, "low": m.low, "criterion": m.criterion, "chance": m.chance}
    joined = {"study": m.study, "guide": m.guide}
    given = quotes.released(m.decisions, m.codings, m.source_rows, m.people, study=m.study)
    return _by_id(
        sentences.at_a_glance(*rated, m.sources, m.change, m.practice, instrument=m.instrument, **about),
        tables.participation(m.sources, m.participants, m.responses, study=m.study),
        tables.rating_matrix(*rated, **ordered, **about),
        figures.ratings(*rated, **ordered, **about),
        tables.spread(*rated, m.sources, **about),
        tables.distinguishing(m.contrasts, m.leave_one_out, *rated, **groups, **about),
        sentences.differences(m.leave_one_out, m.contrasts, *rated, **about),
        tables.practice(m.practice, **about),
        figures.practice(m.practice, **about),
        tables.attribution(m.attribution, **about),
        figures.attribution(m.attribution, **about),
        tables.change(m.change, **scales),
        figures.change(m.change, **scales),
        sentences.change(m.change, **scales),
        tables.reliability(m.reliability, **scales),
        tables.joint_display(m.joint, m.change, m.proposed, given, decisions=m.decisions, **joined),
        sentences.integration(m.joint, m.change, m.proposed, **joined),
        tables.conditions(m.decisions, *rated, **about),
        tables.questions(m.decisions, study=m.study),
        tables.recommendations(m.decisions, study=m.study),
        tables.suggestions(m.evaluation, m.codings, **about),
        tables.thresholds(study=m.study),
        tables.codebook(m.codebook, study=m.study, family="inductive"),
        tables.absent("no_survey", id="empty"),
    )


def _by_id(*parts: Part) -> dict[str, Part]:
    return {part.id: part for part in parts}
