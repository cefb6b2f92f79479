"""The times of words that somebody has corrected."""

from itertools import pairwise

import pytest

from app_srvc.speech.document.aligning import align
from app_srvc.speech.sound import Word


def heard(*texts: str, pause_ms: int = 0) -> list[Word]:
    """Return words of 300 ms, one after another from 1000 ms on."""
    each = 300 + pause_ms
    return [Word(1000 + n * each, 1300 + n * each, text, 0.4) for n, text in enumerate(texts)]


def test_a_word_that_was_heard_keeps_its_time_whatever_its_capitals_and_signs_are() -> None:
    words = align(heard("monday", "was", "cold"), "Monday was cold.", 1000, 1900)

    assert words == [
        Word(1000, 1300, "Monday", 1.0),
        Word(1300, 1600, "was", 0.4),
        Word(1600, 1900, "cold.", 1.0),
    ]  # fmt: skip


def test_what_is_put_in_the_place_of_others_shares_their_time_by_length() -> None:
    words = align(heard("my", "son", "day", "was"), "Sunday was", 1000, 2200)
    assert words == [Word(1000, 1900, "Sunday", 1.0), Word(1900, 2200, "was", 0.4)]

    words = align(heard("alot", "was"), "a lot was", 1000, 1600)
    assert [word[:3] for word in words] == [
        (1000, 1100, "a"), (1100, 1300, "lot"), (1300, 1600, "was")
    ]  # fmt: skip


def test_what_is_added_takes_the_pause_where_it_stands() -> None:
    words = align(heard("one", "three", pause_ms=400), "one two three", 1000, 2000)

    assert [word[:3] for word in words] == [
        (1000, 1300, "one"), (1300, 1700, "two"), (1700, 2000, "three")
    ]  # fmt: skip


def test_without_a_pause_it_shares_the_time_of_its_neighbour() -> None:
    after = align(heard("one", "three"), "one two three", 1000, 1600)
    assert [word[:3] for word in after] == [
        (1000, 1150, "one"), (1150, 1300, "two"), (1300, 1600, "three")
    ]  # fmt: skip

    before = align(heard("one"), "no one", 1000, 1300)
    assert [word[2] for word in before] == ["no", "one"]
    assert (before[0].start_ms, before[-1].end_ms) == (1000, 1300)
    assert before[1].confidence == 0.4


def test_where_nothing_was_heard_the_words_are_spread_over_all_of_it() -> None:
    assert align([], "a b", 0, 1000) == [Word(0, 500, "a", 1.0), Word(500, 1000, "b", 1.0)]
    assert align(heard("noise"), "", 1000, 1300) == []


@pytest.mark.parametrize(
    "text",
    [
        "x", "the cold day the the", "x " * 300, "day cold was monday", "... — !", "monday x",
        "x monday", "x y z monday was a cold day u v w", "monday monday monday", "日本 語",
    ],
)  # fmt: skip
def test_words_come_in_order_within_what_was_heard(text: str) -> None:
    words = align(heard("monday", "was", "a", "cold", "day", pause_ms=30), text, 1000, 3000)

    assert " ".join(word.text for word in words) == " ".join(text.split())
    assert all(word.start_ms <= word.end_ms for word in words)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))
    assert words[0].start_ms >= 1000
    assert words[-1].end_ms <= 3000
