"""The segments of which transcripts are made, and how attempts at several jobs share them."""

import json
from collections.abc import Sequence

from app_srvc.db import Connection
from app_srvc.speech.sound import Heard, Segment, Span, Word
from app_srvc.words import pack

# What a segment is found by: takes the job, then the text as `searched` returns it.
LEXEMES = (
    "to_tsvector((SELECT search_config(language) FROM transcripts WHERE job_id = %s),"
    " search_text(%s))"
)


def plan(conn: Connection, job_id: str, spans: list[Span], note: str | None) -> None:
    """Record the segments to recognise. Once there, they stay, and with them what is done."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE transcripts SET planned = true, note = %s WHERE job_id = %s AND NOT planned",
            (note and pack(note), job_id),
        )
        if cur.rowcount != 1:
            return
        cur.execute(
            "INSERT INTO segments (job_id, position, start_ms, end_ms)"
            " SELECT %s, position, start_ms, end_ms"
            " FROM unnest(%s::int[], %s::int[], %s::int[]) AS s (position, start_ms, end_ms)",
            (
                job_id,
                list(range(len(spans))),
                [span.start_ms for span in spans],
                [span.end_ms for span in spans],
            ),
        )


def to_do(conn: Connection, job_id: str) -> list[Segment]:
    """Return the segments that are not recognised yet, in order."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT position, start_ms, end_ms, NULL FROM segments"
            " WHERE job_id = %s AND words IS NULL ORDER BY position",
            (job_id,),
        )
        return [Segment(*row) for row in cur.fetchall()]


def save(conn: Connection, job_id: str, position: int, heard: Heard) -> None:
    """Record what was heard in a segment, and the language if it had to be found out.

    What is there already stays.
    """
    with conn.cursor() as cur:
        if heard.language is not None and heard.words:
            cur.execute(
                "UPDATE transcripts SET language = %s WHERE job_id = %s AND language = ''",
                (heard.language, job_id),
            )
        cur.execute(
            f"UPDATE segments SET words = %s, lexemes = {LEXEMES}"  # noqa: S608
            " WHERE job_id = %s AND position = %s AND words IS NULL",
            (json.dumps(heard.words), job_id, searched(heard.words), job_id, position),
        )


def take(conn: Connection, job_id: str, by: str, attempt: int) -> Segment | None:
    """Take the first segment that is neither recognised nor with a living attempt at a job.

    It stays with this attempt for as long as that lives.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            UPDATE segments SET taken_by = %(by)s, taken_attempt = %(attempt)s
            WHERE job_id = %(job)s AND position = (
                SELECT position FROM segments
                WHERE segments.job_id = %(job)s AND words IS NULL AND NOT EXISTS (
                    SELECT FROM live_attempts AS live
                    WHERE live.job_id = taken_by AND live.attempt = taken_attempt
                      AND live.job_id <> %(by)s
                    -- As a join it would not be asked again when another has just taken the row.
                    OFFSET 0
                )
                ORDER BY position LIMIT 1 FOR UPDATE OF segments SKIP LOCKED
            )
            RETURNING position, start_ms, end_ms
            """,
            {"job": job_id, "by": by, "attempt": attempt},
        )
        row = cur.fetchone()
    return Segment(row[0], row[1], row[2], None) if row else None


def count_free(conn: Connection, job_id: str) -> int:
    """Return how many segments are neither recognised nor with a living attempt at a job."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT count(*) FROM segments WHERE job_id = %s AND words IS NULL AND NOT EXISTS ("
            " SELECT FROM live_attempts AS live"
            " WHERE live.job_id = taken_by AND live.attempt = taken_attempt)",
            (job_id,),
        )
        row = cur.fetchone()
    return row[0] if row else 0


def share_done(conn: Connection, job_id: str) -> float:
    """Return how much of the speech is recognised, 0 to 1 and by its length; 1 without any."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT sum(end_ms - start_ms) FILTER (WHERE words IS NOT NULL),"
            " sum(end_ms - start_ms) FROM segments WHERE job_id = %s",
            (job_id,),
        )
        done, all_of_it = cur.fetchone() or (None, None)
    return float(done or 0) / float(all_of_it) if all_of_it else 1.0


def are_done(conn: Connection, job_id: str) -> bool:
    """Say whether all segments are recognised."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM segments WHERE job_id = %s AND words IS NULL LIMIT 1", (job_id,))
        return cur.rowcount == 0


def done(
    conn: Connection, job_id: str, after: int = -1, *, original: bool = False
) -> list[Segment]:
    """Return the recognised segments behind a position, in order, up to the first gap.

    The gap is where the transcript grows: what comes behind it is shown when it is closed. They
    are as somebody has corrected them, unless the `original` is wanted.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT position, start_ms, end_ms,"
            " CASE WHEN %(original)s THEN words ELSE coalesce(edited, words) END,"
            " CASE WHEN %(original)s THEN 0 ELSE version END FROM segments"
            " WHERE job_id = %(job)s AND position > %(after)s AND position < coalesce("
            "  (SELECT min(position) FROM segments WHERE job_id = %(job)s AND words IS NULL),"
            "  2147483647) ORDER BY position",
            {"job": job_id, "after": after, "original": original},
        )
        return [
            Segment(position, start, end, [Word(*word) for word in words], version)
            for position, start, end, words, version in cur.fetchall()
        ]


def searched(words: Sequence[Word]) -> str:
    """Return the text of words as it is searched; PostgreSQL knows no small letters beyond its
    own locale."""
    return " ".join(word.text for word in words).casefold()
