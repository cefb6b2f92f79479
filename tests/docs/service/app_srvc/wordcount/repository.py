"""Every statement about texts and their words."""

from typing import NamedTuple

from app_srvc.db import Connection


class Text(NamedTuple):
    """A text file. `words` is None until they are counted, `file_key` once it is not kept."""

    job_id: str
    file_key: str | None
    words: int | None = None


def add(conn: Connection, new: Text) -> None:
    """Record what a job is to count."""
    with conn.cursor() as cur:
        cur.execute("INSERT INTO texts (job_id, file_key, words) VALUES (%s, %s, %s)", tuple(new))


def find(conn: Connection, job_id: str) -> Text | None:
    """Return the text of a job; None when it is no job of this service."""
    with conn.cursor() as cur:
        cur.execute("SELECT job_id, file_key, words FROM texts WHERE job_id = %s", (job_id,))
        row = cur.fetchone()
    return Text(*row) if row else None


def save(conn: Connection, job_id: str, words: int) -> None:
    """Record how many words there are."""
    with conn.cursor() as cur:
        cur.execute("UPDATE texts SET words = %s WHERE job_id = %s", (words, job_id))
