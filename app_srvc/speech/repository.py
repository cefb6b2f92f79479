"""Recordings, transcripts, and the segments of which they are made."""

import json
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.speech.sound import Heard, Segment, Span, Word


class NewRecording(NamedTuple):
    """What is known of a recording when it arrives. `seconds` None: its header does not say."""

    id: str
    name: str
    file_key: str
    container: str
    codec: str
    seconds: float | None
    bytes: int


class Transcript(NamedTuple):
    """A transcript, done or in the making, and the recording that it is of.

    `file_key` is None once the recording is no longer kept. `seconds` is the length of the sound:
    as decoded, before that as the header says, None when nothing says.
    """

    job_id: str
    recording_id: str
    name: str
    file_key: str | None
    container: str
    recogniser: str
    language: str
    sound_key: str | None
    seconds: float | None
    is_planned: bool
    note: str | None


class Sibling(NamedTuple):
    """Another transcript of the same recording, and whose it is."""

    job_id: str
    owner: str | None
    recogniser: str
    language: str
    state: str
    created_at: datetime


def add_recording(conn: Connection, recording: NewRecording) -> None:
    """Record what arrived."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO recordings (id, name, file_key, container, codec, seconds, bytes)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            tuple(recording),
        )


def add_transcript(
    conn: Connection, job_id: str, recording_id: str, recogniser: str, language: str
) -> None:
    """Record that a job is to transcribe a recording."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO transcripts (job_id, recording_id, recogniser, language)"
            " VALUES (%s, %s, %s, %s)",
            (job_id, recording_id, recogniser, language),
        )


def find(conn: Connection, job_id: str) -> Transcript | None:
    """Return the transcript that a job makes or has made."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT job_id, recording_id, name, file_key, container, recogniser, language,"
            " sound_key, coalesce(transcripts.seconds, recordings.seconds), planned, note"
            " FROM transcripts JOIN recordings ON recordings.id = recording_id"
            " WHERE job_id = %s",
            (job_id,),
        )
        row = cur.fetchone()
    return Transcript(*row) if row else None


def save_sound(conn: Connection, job_id: str, sound_key: str, seconds: float) -> None:
    """Note where the decoded sound is and how long it is."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE transcripts SET sound_key = %s, seconds = %s WHERE job_id = %s",
            (sound_key, seconds, job_id),
        )


def save_plan(conn: Connection, job_id: str, spans: list[Span], note: str | None) -> None:
    """Record the segments to recognise. Once there, they stay, and with them what is done."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE transcripts SET planned = true, note = %s WHERE job_id = %s AND NOT planned",
            (note, job_id),
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


def segments_to_do(conn: Connection, job_id: str) -> list[Segment]:
    """Return the segments that are not recognised yet, in order."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT position, start_ms, end_ms, NULL FROM segments"
            " WHERE job_id = %s AND words IS NULL ORDER BY position",
            (job_id,),
        )
        return [Segment(*row) for row in cur.fetchall()]


def save_heard(conn: Connection, job_id: str, position: int, heard: Heard) -> None:
    """Record what was heard in a segment, and the language if it had to be found out.

    What is there already stays.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE segments SET words = %s WHERE job_id = %s AND position = %s AND words IS NULL",
            (json.dumps(heard.words), job_id, position),
        )
        if heard.language is not None:
            cur.execute(
                "UPDATE transcripts SET language = %s WHERE job_id = %s AND language = ''",
                (heard.language, job_id),
            )


def done_segments(conn: Connection, job_id: str, after: int = -1) -> list[Segment]:
    """Return the recognised segments behind a position, in order, up to the first gap.

    The gap is where the transcript grows: what comes behind it is shown when it is closed.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT position, start_ms, end_ms, words FROM segments"
            " WHERE job_id = %(job)s AND position > %(after)s AND position < coalesce("
            "  (SELECT min(position) FROM segments WHERE job_id = %(job)s AND words IS NULL),"
            "  2147483647) ORDER BY position",
            {"job": job_id, "after": after},
        )
        return [
            Segment(position, start, end, [Word(*word) for word in words])
            for position, start, end, words in cur.fetchall()
        ]


def hold(conn: Connection, job_id: str) -> bool:
    """Keep a job from being deleted until the transaction ends; False when it is gone."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM jobs WHERE id = %s FOR KEY SHARE", (job_id,))
        return cur.rowcount == 1


def siblings(conn: Connection, job_id: str) -> list[Sibling]:
    """Return the other transcripts of the recording that a job transcribes, oldest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT other.job_id, owner, other.recogniser, other.language, state, created_at"
            " FROM transcripts AS mine JOIN transcripts AS other USING (recording_id)"
            " JOIN jobs ON jobs.id = other.job_id"
            " WHERE mine.job_id = %s AND other.job_id <> mine.job_id ORDER BY created_at",
            (job_id,),
        )
        return [Sibling(*row) for row in cur.fetchall()]


def rename(conn: Connection, job_id: str, name: str) -> None:
    """Give the recording that a job transcribes another name."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE recordings SET name = %s FROM transcripts"
            " WHERE job_id = %s AND recordings.id = recording_id",
            (name, job_id),
        )
