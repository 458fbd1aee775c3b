"""Conversations: everything that is planted is said once, in a talk of a natural length."""

from __future__ import annotations

import pytest

from casestudy.simulation import bank as banks
from casestudy.simulation import cast, talk, truth
from casestudy.simulation.bank import Bank, Deck, generator
from casestudy.simulation.talk import INTERVIEWER, Turn


@pytest.fixture(scope="module")
def bank() -> Bank:
    return banks.read()


def conversations(
    bank: Bank, number: int, seed: int
) -> list[tuple[cast.Piece, list[truth.Utterance], list[Turn]]]:
    site = cast.site(number, seed)
    deck = Deck(bank, seed, number, generator(seed, number, "words"))
    said = truth.spoken(number, seed)
    return [
        (piece, planned, talk.conversation(piece, number, planned, bank, deck, seed))
        for piece, planned in zip(site.conversations, said, strict=True)
    ]


@pytest.mark.parametrize("number", range(5))
def test_everything_planted_is_said_once(bank: Bank, number: int) -> None:
    for _, planned, turns in conversations(bank, number, 1):
        spoken = [said.planted for turn in turns for said in turn.said if said.planted]
        assert sorted(map(str, spoken)) == sorted(map(str, planned))
        assert all(
            said.planted is None for turn in turns if turn.speaker == INTERVIEWER for said in turn.said
        )


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("seed", [1, 2])
def test_a_conversation_has_a_natural_length(bank: Bank, number: int, seed: int) -> None:
    for piece, _, turns in conversations(bank, number, seed):
        assert 35 <= len(turns) <= 60, piece.source
        assert turns[0].speaker == turns[-1].speaker == INTERVIEWER
        assert all(turn.words for turn in turns)


def test_everybody_speaks_in_a_group(bank: Bank) -> None:
    for piece, _, turns in conversations(bank, 1, 1):
        assert {turn.speaker for turn in turns} == {INTERVIEWER, *range(len(piece.people))}


def test_a_lead_does_not_speak_of_a_team_leader_of_their_own(bank: Bank) -> None:
    for number in range(5):
        for piece, _, turns in conversations(bank, number, 1):
            words = " ".join(turn.words for turn in turns if turn.speaker != INTERVIEWER)
            assert not piece.is_lead or "ijn teamleider" not in words


def test_nothing_is_left_to_fill_in(bank: Bank) -> None:
    for number in range(5):
        words = " ".join(turn.words for _, _, turns in conversations(bank, number, 1) for turn in turns)
        assert not any(sign in words for sign in ("{", "}", "<", ">", "|"))
