"""Learning a code from what people coded: honest by source, the same each time, silent on little."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="scikit-learn comes with the extra `suggest`")

from casestudy.findings import learning

ABOUT = {
    "M23": ["Er is geen tijd voor.", "De agenda zit te vol.", "Tijdgebrek speelt hier een grote rol."],
    "CP04": ["De coach dacht goed mee.", "Coaching op de werkvloer hielp.", "Met een coach ga je vooruit."],
    "": ["Wij zitten op de derde verdieping.", "Het was een lange dag.", "Daar kom ik zo op terug."],
}


def study(n_sources: int = 8, n_coded: int = 6) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    rows, given = [], []
    for number in range(n_sources):
        for sentence in range(12):
            code = list(ABOUT)[int(rng.integers(3))]
            text = ABOUT[code][int(rng.integers(3))]
            place = {"source": f"s{number}", "sentence": sentence, "start": 50 * sentence}
            rows.append({**place, "end": 50 * sentence + len(text), "text": text, "is_interviewer": False})
            if code and number < n_coded:
                given.append(
                    {**rows[-1], "code": code, "kind": "human", "status": "confirmed", "round": "main"}
                )
    return pd.DataFrame(rows), pd.DataFrame(given)


def test_it_learns_what_people_mean():
    sentences, codings = study()
    learned = learning.learn(sentences, codings, codes=["M23", "CP04"], seed=1)
    table = learned.table.merge(sentences[["source", "sentence", "text"]], on=["source", "sentence"])
    for code in ("M23", "CP04"):
        own = table[table["code"] == code]
        is_about = own["text"].isin(ABOUT[code])
        assert own.loc[is_about, "p"].min() > 0.5 > own.loc[~is_about, "p"].max()
    assert table["p"].between(0, 1).all()
    assert "valence" not in table


def test_the_same_seed_and_any_order_give_the_same():
    sentences, codings = study()
    first = learning.learn(sentences, codings, codes=["M23", "CP04"], seed=4)
    shuffled = learning.learn(
        sentences.sample(frac=1, random_state=1),
        codings.sample(frac=1, random_state=2),
        codes=["M23", "CP04"],
        seed=4,
    )
    pd.testing.assert_frame_equal(first.table, shuffled.table)


def test_a_source_does_not_help_to_estimate_itself():
    sentences, codings = study()
    own = {"source": "s0", "sentence": 99, "start": 5000, "end": 5012, "text": "Zwaluwstaart"}
    sentences = pd.concat([sentences, pd.DataFrame([own | {"is_interviewer": False}])])
    coded = codings.iloc[[0]].assign(start=5000, end=5012, code="M23")
    p = {}
    for name, given in (("without", codings), ("with", pd.concat([codings, coded]))):
        table = learning.learn(sentences, given, codes=["M23"], seed=1).table
        p[name] = table.loc[(table["source"] == "s0") & (table["sentence"] == 99), "p"].item()
    assert p["with"] == p["without"]


def test_few_examples_are_not_learned_and_named():
    sentences, codings = study()
    rare = codings.iloc[:9].assign(code="M99")
    learned = learning.learn(sentences, pd.concat([codings, rare]), codes=["M23", "M99", "M98"], seed=1)
    assert learned.few == {"M99": 9, "M98": 0}
    assert learned.table["code"].unique().tolist() == ["M23"]


def test_suggestions_and_one_source_teach_nothing():
    sentences, codings = study()
    machine = codings.assign(kind="dictionary")
    assert learning.learn(sentences, machine, codes=["M23"], seed=1).table.empty
    alone = learning.learn(
        sentences, codings[codings["source"] == "s0"], codes=["M23"], seed=1, min_positives=1
    )
    assert alone.table.empty
    assert alone.table.columns.tolist() == learning.COLUMNS


def test_the_interviewer_is_left_out():
    sentences, codings = study()
    sentences["is_interviewer"] = sentences["source"] == "s7"
    assert "s7" not in set(learning.learn(sentences, codings, codes=["M23"], seed=1).table["source"])
