"""What a reader makes of a file: one item for each line or element, good or bad."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from app_srvc.processors.repository.intake import NewRecord
from app_srvc.words import Sentence, _

# Also of a line, before it is known what is in it.
LARGEST_RECORD = 5_000_000
TOO_LARGE = _("It is larger than the %(max)s MB that a record may have.", max=5)

JSON = "application/json"
XML = "application/xml"


class Format(StrEnum):
    """What a file is written in."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    XML = "xml"

    @property
    def label(self) -> Sentence:
        """What people call it."""
        return _LABELS[self]


_LABELS = {Format.CSV: _("CSV"), Format.JSON_LINES: _("JSON lines"), Format.XML: _("XML")}


class Options(NamedTuple):
    """How a file is read.

    `key` and `order_key` are each the name of a column, a JSON pointer or an XPath, as the format
    has it; without a key it is the hash of the record's content.
    """

    format: Format
    key: str = ""
    order_key: str = ""
    delimiter: str = ","
    has_header: bool = True
    record_path: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return them as they are stored with the import."""
        return self._asdict()

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Options":
        """Return them as they were stored."""
        return cls(**{**stored, "format": Format(stored["format"])})


class Item(NamedTuple):
    """A line or an element: a record, or what is wrong with it."""

    line: int
    record: NewRecord | None = None
    fault: str | None = None


class Bad(Exception):
    """A line or element that is no record; the sentence says why, with none of its content."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
