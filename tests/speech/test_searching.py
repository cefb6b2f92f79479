"""Searching in a transcript."""

import pytest

from app_srvc.speech import searching

WORDS = [
    "Grüße",
    "aus",
    "Köln,",
    "sagte",
    "der",
    "naïve",
    "Mann;",
    "grüß",
    "auch",
    "du",
    "Anna-Lena",
]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("köln", [(2, 2)]),
        ("KOLN", [(2, 2)]),
        ("Grüsse", [(0, 0)]),
        ("grus", [(0, 0), (7, 7)]),
        ("naive mann", [(5, 6)]),
        ("e aus köln sag", [(0, 3)]),
        ("  köln,   sagte ", [(2, 3)]),
        ("annalena", [(10, 10)]),
        ("london", []),
        ("", []),
        (" ,;", []),
    ],
)
def test_what_a_reader_would_not_type_makes_no_difference(
    query: str, hits: list[tuple[int, int]]
) -> None:
    assert searching.find(WORDS, query) == hits


def test_a_word_belongs_to_one_hit_at_most() -> None:
    assert searching.find(["banana", "an", "banana"], "an") == [(0, 0), (1, 1), (2, 2)]
    assert searching.find(["a", "a", "a", "a"], "a a") == [(0, 1), (2, 3)]


def test_words_that_are_only_punctuation_are_read_over() -> None:
    assert searching.find(["one", "--", "two"], "one two") == [(0, 2)]


def test_letters_that_look_like_marks_are_letters() -> None:
    assert searching.find(["हिन्दी"], "हिन्दी") == [(0, 0)]
    assert searching.find(["हिन्दी"], "हन्द") == []


def test_of_an_endless_query_the_beginning_is_searched_for() -> None:
    assert searching.find(["x" * 300], "x" * 100_000) == [(0, 0)]
