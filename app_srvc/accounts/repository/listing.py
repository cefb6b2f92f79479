"""Pages of the list of people: in any order, within a state, searched, and as fast for a million.

Without a search a page is a stretch of an index. With one it is made of the stretches of the four
indexes whose keys begin like that, as long as those are short; docs/decisions.md says what is done
when they are not, and why.
"""

from typing import NamedTuple

from app_srvc.accounts.repository.statements import MANY, ORDERS, Asked, Key, Row, Statements
from app_srvc.accounts.repository.users import User
from app_srvc.db import Connection

__all__ = ["Asked", "Key", "Page", "page", "stretch"]

_WIDTH = len(User._fields)


class Page(NamedTuple):
    """People in order; `after` is where the next page begins, None when there is none.

    `is_complete` False is a list from which people are missing, because too many match.
    """

    people: list[User]
    after: Key | None
    is_complete: bool = True


def page(conn: Connection, asked: Asked) -> Page:
    """Return a page of the list."""
    statements = Statements(asked)
    if asked.beginning is None:
        return _page(asked, _fetch(conn, statements, statements.everybody()))
    if not _match_many(conn, statements):
        return _page(asked, _fetch(conn, statements, statements.gathered()))
    if statements.own is not None:
        rows = _fetch(conn, statements, statements.gathered())
        return _page(asked, rows)._replace(is_complete=False)
    rows = _fetch(conn, statements, statements.near())
    if len(rows) <= asked.limit:
        rows = _fetch(conn, statements, statements.anywhere())
    return _page(asked, rows)


def stretch(conn: Connection, asked: Asked) -> Page:
    """Return the next of all people there are; perhaps fewer than `limit`, or none, before the end.

    Nobody is missing here, and all of it takes a time that grows with the number of people.
    """
    statements = Statements(asked)
    if asked.beginning is None or not _match_many(conn, statements):
        return page(conn, asked)
    # They are marked, and taken out here: where the list goes on is known of all of them.
    rows = _fetch(conn, statements, statements.marked())
    looked_at = _page(asked, rows)
    people = [user for user, row in zip(looked_at.people, rows, strict=False) if row[-1]]
    return Page(people, looked_at.after)


def _match_many(conn: Connection, statements: Statements) -> bool:
    """Say whether many match a key that is not the one that is sorted by."""
    with conn.cursor() as cur:
        for column in statements.matches:
            if column != statements.own:
                cur.execute(statements.more_than_many(column), statements.values)
                if cur.rowcount > MANY:
                    return True
    return False


def _fetch(conn: Connection, statements: Statements, statement: str) -> list[Row]:
    with conn.cursor() as cur:
        cur.execute(statement, statements.values)
        return cur.fetchall()


def _page(asked: Asked, rows: list[Row]) -> Page:
    """Make a page of rows, of which there is one more if others follow."""
    shown = rows[: asked.limit]
    width = _WIDTH + len(ORDERS[asked.sort].columns)
    return Page(
        [User(*row[:_WIDTH]) for row in shown],
        tuple(shown[-1][_WIDTH:width]) if len(rows) > len(shown) else None,
    )
