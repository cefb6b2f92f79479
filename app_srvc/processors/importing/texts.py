"""A file as lines of text: whatever it begins with, and however long a line claims to be."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from app_srvc.processors.importing.items import LARGEST_RECORD, TOO_LARGE, Bad
from app_srvc.words import _

NO_UTF8 = _("It is not written in UTF-8.")
CUT_OFF = _("The file ends in the middle of a character.")

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_of(head: bytes) -> str:
    """Return what a file is encoded in: UTF-8, unless it begins with the mark of UTF-16."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "utf-8")


class _Text(io.TextIOWrapper):
    """Text that leaves its file open when it goes: others read it, too."""

    def close(self) -> None:
        """Leave the file to whoever opened it."""


def opened(file: BinaryIO) -> io.TextIOWrapper:
    """Return a file as text, from its beginning. What is no text stays in it as surrogates."""
    file.seek(0)
    encoding = encoding_of(file.read(4))
    file.seek(0)
    errors = "surrogatepass" if encoding == "utf-16" else "surrogateescape"
    return _Text(file, encoding, errors, newline="")


class Lines:
    """Lines with their ends. One that is too long is empty here, and `damage` says so."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.number = 0
        self.damage: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self.text.readline(LARGEST_RECORD)
            self.number += 1 if line else 0
            if len(line) == LARGEST_RECORD and not line.endswith("\n"):
                line = self._skip()
        except UnicodeDecodeError:
            self.number += 1
            self.damage = CUT_OFF
            self.text = io.TextIOWrapper(io.BytesIO())
            return "\n"
        if not line:
            raise StopIteration
        return line

    def take_damage(self) -> str | None:
        """Return what was wrong with the lines since this was last asked."""
        damage, self.damage = self.damage, None
        return damage

    def _skip(self) -> str:
        while (rest := self.text.readline(LARGEST_RECORD)) and not rest.endswith("\n"):
            pass
        self.damage = TOO_LARGE
        return "\n"


def encoded(text: str) -> bytes:
    """Return text as UTF-8.

    Raises:
        Bad: it was not written in UTF-8.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Bad(NO_UTF8) from None
