"""CSV for spreadsheets; and the list of people as such, as it is read, however many they are."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from app_srvc import db
from app_srvc.accounts.repository import listing
from app_srvc.accounts.repository.listing import Asked
from app_srvc.accounts.repository.users import User

COLUMNS = (
    "id", "last_name", "first_name", "login", "email", "phone", "state", "role", "created_at",
)  # fmt: skip
TYPE = "text/csv; charset=utf-8; header=present"
# Excel takes a file for UTF-8 that begins with it.
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets take what begins like that for a formula, which may send what stands beside it
# anywhere; so a telephone number is text as well, and keeps its plus.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # Wide ones, too.
BATCH = 2000


def pieces(asked: Asked) -> Iterator[str]:
    """Yield the file in pieces. No connection to the database is held from one to the next.

    A piece that cannot be read ends in an error, and the answer breaks off: half a list must not
    look like all of it.
    """
    asked = asked._replace(limit=BATCH)
    head = BYTE_ORDER_MARK + as_lines([COLUMNS])
    while True:
        with db.transaction() as conn:
            page = listing.stretch(conn, asked)
        yield head + as_lines([_cells(user) for user in page.people])
        if page.after is None:
            return
        head, asked = "", asked._replace(after=page.after)


def _cells(user: User) -> tuple[str, ...]:
    texts = (
        user.id, user.last_name, user.first_name, user.login, user.email, user.phone,
        user.state, user.role, user.created_at.isoformat(timespec="seconds"),
    )  # fmt: skip
    return tuple(harmless(text) for text in texts)


def harmless(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def as_lines(rows: Iterable[Sequence[object]]) -> str:
    """Return the lines of a file."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()
