"""Whole numbers that somebody else has written: in an address, a header, or on a command line."""

from argparse import ArgumentTypeError
from collections.abc import Callable


def read(text: str, at_least: int = 0, most: int = 10**18 - 1) -> int | None:
    """Return a number within these limits, written in the digits 0 to 9; None for anything else.

    `int` reads the digits of every script, and refuses 5,000 of them with a fault.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    number = int(text)
    return number if at_least <= number <= most else None


def argument(most: int) -> Callable[[str], int]:
    """Return what `argparse` reads a number from 1 to `most` with."""

    def read_it(text: str) -> int:
        number = read(text, 1, most)
        if number is None:
            raise ArgumentTypeError(f"must be a number from 1 to {most}")
        return number

    return read_it
