"""Whether the database can be used."""

from app_srvc.db import Connection


def check(conn: Connection) -> None:
    """Read from the table that everything needs; fails where it was never migrated."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM jobs LIMIT 1")
