"""A whole simulated study on disk, with the planted truth beside it for those who test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from casestudy import schema, study
from casestudy.errors import WrongUse
from casestudy.material import lines, rounds, sources, transcripts
from casestudy.material.coding_events import Coding, Screened
from casestudy.material.speakers import Known
from casestudy.simulation import archives, cast, coders, files, judgements, settings, survey, talk
from casestudy.simulation import truth as plan
from casestudy.simulation.bank import Bank, Deck, generator, path, read, worded
from casestudy.simulation.cast import Piece, Site
from casestudy.simulation.coders import Text
from casestudy.simulation.survey import Form
from casestudy.simulation.talk import Said
from casestudy.simulation.truth import Utterance

MOST_SITES = 400
# The example that is kept with the program: five sites, and a seed whose survey shows every kind of fit.
EXAMPLE_SEED = 16


def write(folder: Path, *, n_sites: int = 5, seed: int = 1, truth: Path | None = None) -> None:
    """Write a complete fictional study: settings, transcripts, survey, codings, ratings and decisions.

    The same number of sites and seed give the same bytes.

    Parameters
    ----------
    folder
        The study folder to be made; it must not be there yet, or be empty.
    n_sites
        How many sites; from the sixth on the five planted profiles come again.
    seed
        Decides everything that is drawn.
    truth
        Where to write ``truth.json``: what was planted, for tests. Never inside the study.

    Raises
    ------
    WrongUse
        When the folder holds something, the truth would lie inside it, or the number of sites cannot be.
    """
    _check(folder, n_sites, truth)
    folder.mkdir(parents=True, exist_ok=True)
    bank = read()
    sites = [cast.site(number, seed) for number in range(n_sites)]
    settings.write(folder, sites, bank)
    themes = plan.themes(_in_order([p for site in sites for p in _staying(site)]), seed)
    texts = [text for site in sites for text in _sources(folder, site, bank, seed, themes)]
    _survey(folder, sites, seed)
    coded = _codings(folder, sites, texts, seed, list(bank.themes))
    judgements.write(study.read(folder), sites, coded, seed)
    if truth is not None:
        truth.mkdir(parents=True, exist_ok=True)
        _json(truth / "truth.json", _planted(sites, seed) | {"passages": _passages(texts)})


def _check(folder: Path, n_sites: int, truth: Path | None) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUse(f"PATH: it must be a new or empty folder, found `{folder.name}`; choose another name")
    if not 1 <= n_sites <= MOST_SITES:
        raise WrongUse(
            f"--sites: it must be a number from 1 to {MOST_SITES}, found {n_sites}; choose another number"
        )
    if truth is not None and truth.resolve().is_relative_to(folder.resolve()):
        raise WrongUse(
            "--truth: it must lie outside the study, found a folder inside it; choose another place"
        )


def _staying(site: Site) -> Sequence[Piece]:
    """Conversations of people who did not withdraw."""
    return site.conversations[: plan.CONVERSATIONS]


def _in_order(pieces: Sequence[Piece]) -> list[str]:
    return [piece.source for piece in sorted(pieces, key=lambda piece: (piece.date, piece.source))]


def _sources(folder: Path, site: Site, bank: Bank, seed: int, themes: dict[str, list[str]]) -> Iterator[Text]:
    """Write every source of a site, and give the conversations as they are read back."""
    place = folder / "sources" / site.site
    place.mkdir(parents=True)
    deck = Deck(bank, seed, site.number, generator(seed, site.number, "words"))
    for piece, utterances in zip(site.conversations, plan.spoken(site.number, seed), strict=True):
        besides = themes.get(piece.source, [])
        turns = talk.conversation(piece, site.number, utterances, bank, deck, seed, besides)
        data = files.transcript(piece, turns)
        (place / piece.file).write_bytes(data)
        yield _text(piece, data, [said for turn in turns for said in turn.said])
    papers = _papers()
    rng = generator(seed, site.number, "papers")
    for piece in site.documents:
        paper = papers["documents"][(2 * site.number + piece.number) % len(papers["documents"])]
        words = [worded(line, rng) for line in (paper["title"], *paper["paragraphs"])]
        (place / piece.file).write_bytes(files.document(piece, words[0], words[1:]))
    if site.session is not None:
        yield _session(place, site.session, papers["session"])


@cache
def _papers() -> dict[str, Any]:
    papers: dict[str, Any] = yaml.safe_load(path("documents.yml").read_text(encoding="utf-8"))
    return papers


def _session(place: Path, piece: Piece, session: dict[str, Any]) -> Text:
    tables = session["tables"]
    data = files.notes(
        session["title"], session["intro"], [[note["text"] for note in table] for table in tables]
    )
    (place / piece.file).write_bytes(data)
    said = [
        Said(note["text"], Utterance(note["code"], "", False, certain=True) if "code" in note else None)
        for table in tables
        for note in table
    ]
    return _text(piece, data, said)


def _text(piece: Piece, data: bytes, said: Sequence[Said]) -> Text:
    labels = (files.interviewer(piece),) if piece.guide else ()
    known = Known(labels, tuple(person.participant for person in piece.people))
    name = f"sources/{piece.site}/{piece.file}"
    return coders.text(piece, transcripts.read(data, name=name, known=known), said)


def _codings(
    folder: Path, sites: Sequence[Site], texts: Sequence[Text], seed: int, themes: Sequence[str]
) -> list[Coding]:
    """Write both coders' logs, and give the codings of the main round of the sources that count."""
    main: list[Coding] = []
    gone = {person.participant for site in sites for person in site.people if person.withdrawn}
    staying = [piece for site in sites for piece in _staying(site)]
    talks = {piece.source for piece in staying}
    rows = [row for row in sources.rows(study.read(folder)) if row.source in talks]
    double = set(rounds.draw(rows, coders.DOUBLE_SHARE, seed))
    settings.write_rounds(folder, sorted(double), seed)
    kept = folder / "codings" / ".texts"
    kept.mkdir(parents=True)
    for text in texts:
        (kept / f"{text.sha256}.txt").write_bytes(text.transcript.text.encode())
        is_double = text.piece.source in double
        for coder in (coders.FIRST, coders.SECOND) if is_double else (coders.FIRST,):
            place = folder / "codings" / coder
            place.mkdir(exist_ok=True)
            given = coders.codings(text, seed, coder=coder, is_double=is_double)
            events: list[Coding | Screened | dict[str, Any]] = [_event(coding) for coding in given]
            if coder == coders.FIRST:
                events.append(coders.screened(text, themes))
            (place / f"{text.piece.source}.jsonl").write_bytes(lines.sealed(events))
            if coder == coders.FIRST and not gone & {person.participant for person in text.piece.people}:
                main += given
    return main


def _event(coding: Coding) -> dict[str, Any]:
    return {"event": "code", **coding.model_dump(mode="json", exclude_none=True)}


def _survey(folder: Path, sites: Sequence[Site], seed: int) -> None:
    place = folder / "survey"
    place.mkdir()
    forms = {site.number: survey.forms(site, seed) for site in sites}
    coded = [form for number, filled in forms.items() if number == settings.SGIC_SITE for form in filled]
    linked = [form for number, filled in forms.items() if number != settings.SGIC_SITE for form in filled]
    linked += survey.torn(sites, seed)
    for name, wave in (("voormeting", "T0"), ("nameting", "T1"), ("borging", "T2")):
        here = [form for form in linked if form.wave == wave]
        columns = list(dict.fromkeys(column for form in here for column in form.cells))
        head = {"nummer": "key", "meting": "wave", "organisatie": "site", "functie": "role"}
        rows = [{name: getattr(form, of) for name, of in head.items()} | form.cells for form in here]
        schema.write_rows(place / f"{name}.csv", [*head, *columns], rows)
    then = [form for form in linked if form.wave == "THEN"]
    answers = [
        {"nummer": form.key, "organisatie": form.site, "vraag": item, "antwoord": value}
        for form in then
        for item, value in form.cells.items()
    ]
    schema.write_rows(place / "terugblik.csv", ["nummer", "organisatie", "vraag", "antwoord"], answers)
    if coded:
        (place / "linde.xlsx").write_bytes(_workbook(coded))


def _workbook(forms: Sequence[Form]) -> bytes:
    words = {"T0": "voor", "T1": "na", "T2": "later", "THEN": "terugblik"}
    columns = list(dict.fromkeys(column for form in forms for column in form.cells))
    head = ["meting", "functie", *settings.SGIC, *columns]
    body = [
        [words[form.wave], form.role, *form.code, *(form.cells.get(column, "") for column in columns)]
        for form in forms
    ]
    return archives.workbook("antwoorden", [head, *body])


def _planted(sites: Sequence[Site], seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "profiles": {site.site: site.profile for site in sites},
        "ratings": {site.site: plan.ratings(site.number) for site in sites},
        "contrasts": plan.CONTRASTS,
        "latent_shift": survey.SHIFT,
        "n_before": survey.N_BEFORE,
        "dropout": survey.DROPOUT,
        "sensitivity": plan.SENSITIVITY,
        "specificity": plan.SPECIFICITY,
        "dictionary": plan.DICTIONARY,
        "attribution": {"SK04": [survey.USERS, survey.APPLICABLE], "CP04": [survey.NAMED, survey.USERS]},
        "offered": {site.site: list(plan.offered(site.number)) for site in sites},
    }


def _passages(texts: Sequence[Text]) -> dict[str, list[list[Any]]]:
    """Where every planted passage stands: start, end, code, way and skill, per source."""
    return {
        text.piece.source: [[start, end, one.code, one.way, one.skill] for start, end, one in text.planted]
        for text in texts
    }


def _json(file: Path, value: dict[str, Any]) -> None:
    file.write_bytes((json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())
