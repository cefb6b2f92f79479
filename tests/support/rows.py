"""Ask the database of this test."""

from typing import Any

from app_srvc import db


def rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows that a statement finds."""
    with db.transaction() as conn, conn.cursor() as cur:
        # Without values a % is a %.
        cur.execute(statement, values or None)
        return cur.fetchall()


def scalar(statement: str, *values: object) -> Any:
    """Return the first column of the first row that a statement finds."""
    return rows(statement, *values)[0][0]
