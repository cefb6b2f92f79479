"""What a short script does with the lines of a file, beside which imports are measured."""

import csv
import io
import json
import time

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import connection as Connection  # noqa: N812

from app_srvc import settings


def row_by_row(kind: str, content: bytes) -> float:
    """Do what a short script does, and return the time it takes."""
    conn = _plain_connection()
    began = time.monotonic()
    with conn, conn.cursor() as cur:
        cur.execute("CREATE TEMP TABLE plain (key text PRIMARY KEY, body text NOT NULL)")
        text = io.StringIO(content.decode())
        rows = csv.DictReader(text) if kind == "csv" else (json.loads(line) for line in text)
        for row in rows:
            cur.execute(
                "INSERT INTO plain VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (str(row["id"]), json.dumps(row)),
            )
    seconds = time.monotonic() - began
    conn.close()
    return seconds


def copied(content: bytes) -> float:
    """Copy the lines as they are, and return the time that takes."""
    conn = _plain_connection()
    began = time.monotonic()
    with conn, conn.cursor() as cur:
        cur.execute("CREATE TEMP TABLE copied (line text)")
        cur.copy_expert(
            "COPY copied FROM STDIN WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')",
            io.BytesIO(content),
        )
    seconds = time.monotonic() - began
    conn.close()
    return seconds


def _plain_connection() -> Connection:
    psycopg2.extensions.set_wait_callback(None)  # COPY cannot be waited for otherwise.
    conn: Connection = psycopg2.connect(settings.load().database_url)
    return conn
