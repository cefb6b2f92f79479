"""CSV that spreadsheets open as it is meant."""

import csv
import io
from collections.abc import Iterable, Sequence

TYPE = "text/csv; charset=utf-8; header=present"
# Excel takes a file for UTF-8 that begins with it.
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets take what begins like that for a formula, which may send what stands beside it
# anywhere; so a telephone number is text as well, and keeps its plus.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # Wide ones, too.


def harmless(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def as_lines(rows: Iterable[Sequence[object]]) -> str:
    """Return the lines of a file."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()
