"""Times of words, made whole."""

from app_srvc.speech.recognisers import timing
from app_srvc.speech.recognisers.languages import WHISPER, for_whisper, from_whisper
from app_srvc.speech.sound import Word


def test_words_share_time_by_their_lengths() -> None:
    words = timing.spread(" a bbb ", 1000, 2200, 0.5)

    assert words == [(1000, 1400, "a", 0.5), (1400, 2200, "bbb", 0.5)]
    assert timing.spread("  ", 0, 1000) == []


def test_words_are_kept_in_order_and_inside_the_sound() -> None:
    given = [
        Word(-50, 200, "a", 1),
        Word(150, 100, "b", 1),
        Word(300, 400, "", 1),
        Word(900, 1200, "c", 1),
        Word(1300, 1400, "d", 1),
    ]

    assert timing.in_order(given, 1000) == [
        (0, 200, "a", 1),
        (200, 200, "b", 1),
        (900, 1000, "c", 1),
        (1000, 1000, "d", 1),
    ]


def test_whisper_and_we_name_languages_differently() -> None:
    assert for_whisper("jv") == "jw"
    assert for_whisper("") is None
    assert from_whisper("javanese") == from_whisper("jw") == "jv"
    assert from_whisper("Ukrainian") == from_whisper("uk") == "uk"
    assert from_whisper("klingon") is None
    assert from_whisper(None) is None
    assert all(from_whisper(name) == tag for tag, name in WHISPER.items())
