"""Locks that count the calls to a service, over all processes of the product."""

import zlib

from app_srvc.db import Connection


def take(conn: Connection, service: str, place: int) -> bool:
    """Take one of a service's places, if it is free. It goes with the connection."""
    number = zlib.crc32(f"turns at {service}".encode()) - 2**31  # What a PostgreSQL integer holds.
    with conn.cursor() as cur:
        cur.execute("SELECT pg_try_advisory_lock(%s, %s)", (number, place))
        row = cur.fetchone()
    return bool(row and row[0])
