"""The list of people as a file for spreadsheets, as it is read, however many they are."""

from collections.abc import Iterator

from app_srvc import db
from app_srvc.accounts.repository import listing
from app_srvc.accounts.repository.listing import Asked
from app_srvc.accounts.repository.users import User
from app_srvc.web.spreadsheet import BYTE_ORDER_MARK, as_lines, harmless

COLUMNS = (
    "id", "last_name", "first_name", "login", "email", "phone", "state", "role", "created_at",
)  # fmt: skip
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
