"""File names as their owners see them again."""

import pytest

from app_srvc.uploads import names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("talk.mp3", "talk.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\talk.mp3", "talk.mp3"),
        ("two\nlines\r.mp3", "two lines .mp3"),
        ("\u202egnp.3pm", "gnp.3pm"),
        ("zero\u200bwidth\ufeff.wav", "zerowidth.wav"),
        ("  spaces   everywhere .ogg ", "spaces everywhere .ogg"),
        ("e\u0301te\u0301.flac", "\u00e9t\u00e9.flac"),
        ("запис 你好.webm", "запис 你好.webm"),
        ("..", "unnamed"),
        ("\u3164\u2800", "unnamed"),
        ("\u0301", "unnamed"),
        ("नि\u200dर्.mp3", "नि\u200dर्.mp3"),
        ("\x00\x07", "unnamed"),
        ("<b>bold</b>.mp3", "b>.mp3"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str, shown: str) -> None:
    assert names.clean(name) == shown


def test_an_endless_name_is_shortened_and_keeps_its_ending() -> None:
    shown = names.clean("x" * 4000 + ".mp3")

    assert len(shown) == names.LONGEST
    assert shown.endswith("….mp3")


def test_a_name_made_to_be_slow_is_cut_before_it_is_looked_at() -> None:
    # To put a million marks in order would take minutes.
    shown = names.clean("a" + "\u0300\u0323" * 500_000 + ".mp3")

    assert len(shown) == names.LONGEST
    assert shown.endswith("….mp3")


def test_a_name_is_cut_to_any_length_and_keeps_its_ending() -> None:
    assert names.cut("a long name.flac", 12) == "a long….flac"
    assert names.cut("no ending at all", 8) == "no endi…"
    assert names.cut("short.mp3", 60) == "short.mp3"
