"""Places in JSON, as RFC 6901 names them."""

from collections.abc import Sequence
from typing import Any

from app_srvc import numbers


def steps(pointer: str) -> list[str]:
    """Return the names and numbers that lead to a place, from its pointer ("/a/0", or "")."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def at(value: Any, way: Sequence[str]) -> Any:
    """Return what is at a place of a value; None when nothing is."""
    for step in way:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list):
            number = numbers.read(step, most=len(value) - 1)
            # With zeros before it, it is the name of a member, and a list has none.
            value = None if number is None or str(number) != step else value[number]
        else:
            return None
    return value
