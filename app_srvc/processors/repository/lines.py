"""What handlers write about a record, for operators to read."""

from app_srvc.db import Connection
from app_srvc.processors.repository.records import Taken
from app_srvc.words import pack


def add(conn: Connection, taken: Taken, line: str) -> None:
    """Add a line."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_lines (record_id, claim_seq, line) VALUES (%s, %s, %s)",
            (taken.id, taken.claim_seq, pack(line)),
        )
