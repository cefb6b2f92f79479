"""The names of speakers, and from which moments on they speak."""

from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.speech.document.speaking import END_MS, Turn


class Speaker(NamedTuple):
    """Somebody who speaks in a recording; the number stays when the name is corrected."""

    number: int
    name: str


def lock(conn: Connection, job_id: str) -> bool:
    """Let nobody else change the speakers of a transcript meanwhile; False when it is gone."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM transcripts WHERE job_id = %s FOR UPDATE", (job_id,))
        return cur.rowcount == 1


def of(conn: Connection, job_id: str) -> list[Speaker]:
    """Return who speaks, in the order in which they were named."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT number, name FROM speakers WHERE job_id = %s ORDER BY number", (job_id,)
        )
        return [Speaker(*row) for row in cur.fetchall()]


def turns(conn: Connection, job_id: str) -> list[Turn]:
    """Return who speaks when, in order."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT start_ms, name FROM speaker_turns AS turn LEFT JOIN speakers"
            " ON speakers.job_id = turn.job_id AND number = speaker"
            " WHERE turn.job_id = %s ORDER BY start_ms",
            (job_id,),
        )
        return [Turn(*row) for row in cur.fetchall()]


def add(conn: Connection, job_id: str, name: str) -> int:
    """Return the number of whoever has that name, which is new or was there."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO speakers (job_id, number, name)"
            " SELECT %(job)s, coalesce(max(number), 0) + 1, %(name)s FROM speakers"
            " WHERE job_id = %(job)s ON CONFLICT (job_id, name) DO UPDATE SET name = excluded.name"
            " RETURNING number",
            {"job": job_id, "name": name},
        )
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # Added or found, it is returned.
    number: int = row[0]
    return number


def rename(conn: Connection, job_id: str, names: dict[int, str]) -> None:
    """Give speakers other names, all at once: two may change places."""
    with conn.cursor() as cur:
        # A name that is about to be another one's is out of the way first.
        cur.execute(
            "UPDATE speakers SET name = name || chr(1) || number"
            " WHERE job_id = %s AND number = ANY(%s)",
            (job_id, list(names)),
        )
        for number, name in names.items():
            cur.execute(
                "UPDATE speakers SET name = %s WHERE job_id = %s AND number = %s",
                (name, job_id, number),
            )


def remove(conn: Connection, job_id: str, numbers: list[int]) -> None:
    """Forget speakers; what they said is nobody's."""
    with conn.cursor() as cur:
        # The moment stays: from it on the one before does not speak again.
        cur.execute(
            "UPDATE speaker_turns SET speaker = NULL WHERE job_id = %s AND speaker = ANY(%s)",
            (job_id, numbers),
        )
        cur.execute(
            "DELETE FROM speakers WHERE job_id = %s AND number = ANY(%s)", (job_id, numbers)
        )


def say(conn: Connection, job_id: str, start_ms: int, stop_ms: int, speaker: int | None) -> None:
    """Let somebody be who speaks from one moment to another; who speaks then stays as it was."""
    with conn.cursor() as cur:
        if stop_ms < END_MS:
            cur.execute(
                "INSERT INTO speaker_turns (job_id, start_ms, speaker) SELECT %(job)s, %(stop)s,"
                " (SELECT speaker FROM speaker_turns WHERE job_id = %(job)s"
                " AND start_ms <= %(stop)s ORDER BY start_ms DESC LIMIT 1)"
                " ON CONFLICT DO NOTHING",
                {"job": job_id, "stop": stop_ms},
            )
        cur.execute(
            "DELETE FROM speaker_turns WHERE job_id = %s AND start_ms >= %s AND start_ms < %s",
            (job_id, start_ms, stop_ms),
        )
        cur.execute(
            "INSERT INTO speaker_turns (job_id, start_ms, speaker) VALUES (%s, %s, %s)",
            (job_id, start_ms, speaker),
        )
