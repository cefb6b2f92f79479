"""Places in JSON."""

import pytest

from app_srvc.processors import pointers

VALUE = {"a": [{"b": 1}, 2], "x/y": {"~": 3}, "": 4, "0": 5}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", VALUE), ("/a/0/b", 1), ("/a/1", 2), ("/x~1y/~0", 3), ("/", 4), ("/0", 5),
        ("/a/2", None), ("/a/00", None), ("/a/-", None), ("/a/٠", None), ("/a/" + "9" * 5000, None),
        ("/a/0/b/c", None), ("/none", None),
    ],
)  # fmt: skip
def test_a_pointer_finds_what_is_there_and_else_nothing(pointer: str, found: object) -> None:
    assert pointers.at(VALUE, pointers.steps(pointer)) == found
