"""Numbers that somebody else has written."""

import pytest

from app_srvc import numbers


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0", 0), ("42", 42), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 5000, None),
        ("", None), ("-1", None), ("+1", None), ("1.0", None), (" 1", None), ("1_0", None),
        ("٣", None), ("²", None),
    ],
)  # fmt: skip
def test_it_is_read_from_few_ordinary_digits_only(text: str, read: int | None) -> None:
    assert numbers.read(text) == read


def test_one_that_is_out_of_its_limits_is_none() -> None:
    assert [numbers.read(text, 1, 3) for text in ("0", "1", "3", "4")] == [None, 1, 3, None]
