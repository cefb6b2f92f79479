"""Statements that a connection plans once, and runs again and again.

psycopg2 sends each statement as text, to be parsed and planned anew: for the few that are run for
every record that is most of what they cost.
"""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg2.extensions import cursor as Cursor  # noqa: N812

from app_srvc.db import Connection


class Prepared(NamedTuple):
    """A statement under a name of its own, with `$1` and so on for its values."""

    name: str
    types: Sequence[str]
    text: str


def execute(conn: Connection, cur: Cursor, statement: Prepared, values: Sequence[object]) -> None:
    """Run it, and prepare it if this connection has not done so yet."""
    if statement.name not in conn.prepared:
        cur.execute(f"PREPARE {statement.name} ({', '.join(statement.types)}) AS {statement.text}")
        conn.prepared.add(statement.name)
    places = ", ".join(["%s"] * len(values))
    cur.execute(f"EXECUTE {statement.name} ({places})", values)
