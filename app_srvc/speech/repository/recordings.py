"""Recordings, and the transcripts that are made of them."""

from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.states import State
from app_srvc.words import unpack


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
    """Another transcript of the same recording, and whose it is.

    One that is deleted may be brought back yet.
    """

    job_id: str
    owner: str | None
    recogniser: str
    language: str
    state: State
    created_at: datetime
    is_deleted: bool


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
    found = Transcript(*row) if row else None
    return found and found._replace(note=found.note and unpack(found.note))


def seconds_to_decode(conn: Connection, unknown_seconds: float) -> float:
    """Return how much sound is accepted and not decoded yet; what has no length counts as told."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT coalesce(sum(coalesce(recordings.seconds, %s)), 0) FROM transcripts"
            " JOIN recordings ON recordings.id = recording_id JOIN jobs ON jobs.id = job_id"
            " WHERE sound_key IS NULL AND ended_at IS NULL",
            (unknown_seconds,),
        )
        row = cur.fetchone()
    return float(row[0]) if row else 0.0


def save_sound(conn: Connection, job_id: str, sound_key: str, seconds: float) -> None:
    """Note where the decoded sound is and how long it is."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE transcripts SET sound_key = %s, seconds = %s WHERE job_id = %s",
            (sound_key, seconds, job_id),
        )


def hold(conn: Connection, job_id: str) -> bool:
    """Keep a job from being deleted until the transaction ends; False when it is gone."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM jobs WHERE id = %s FOR KEY SHARE", (job_id,))
        return cur.rowcount == 1


def siblings(conn: Connection, job_id: str) -> list[Sibling]:
    """Return the other transcripts of the recording that a job transcribes, oldest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT other.job_id, owner, other.recogniser, other.language, state, created_at,"
            " deleted_at IS NOT NULL"
            " FROM transcripts AS mine JOIN transcripts AS other USING (recording_id)"
            " JOIN jobs ON jobs.id = other.job_id"
            " WHERE mine.job_id = %s AND other.job_id <> mine.job_id ORDER BY created_at",
            (job_id,),
        )
        siblings = [Sibling(*row) for row in cur.fetchall()]
    return [one._replace(state=State(one.state)) for one in siblings]


def rename(conn: Connection, job_id: str, name: str) -> None:
    """Give the recording that a job transcribes another name."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE recordings SET name = %s FROM transcripts"
            " WHERE job_id = %s AND recordings.id = recording_id",
            (name, job_id),
        )
