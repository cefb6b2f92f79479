"""Every statement about pictures and what was found in them."""

import json
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.detection.objects import Box, Object
from app_srvc.words import pack, unpack


class Detection(NamedTuple):
    """A picture or video, and with what it is looked at. `file_key` is None once it is not kept.

    Objects whose score is at least the threshold are shown at first.
    """

    job_id: str
    file_id: str
    name: str
    file_key: str | None
    bytes: int
    is_video: bool
    detector: str
    threshold: float
    note: str | None = None


class Frame(NamedTuple):
    """One look, and what was found, the surest first. `at_ms` counts from the video's beginning.

    The keys are None once the pictures are no longer kept.
    """

    position: int
    at_ms: int
    width: int
    height: int
    picture_key: str | None
    drawn_key: str | None
    objects: list[Object]


def add(conn: Connection, new: Detection) -> None:
    """Record what a job is to look at."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO detections"
            " (job_id, file_id, name, file_key, bytes, is_video, detector, threshold, note)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            tuple(new),
        )


def find(conn: Connection, job_id: str) -> Detection | None:
    """Return what a job looks at or has looked at."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT job_id, file_id, name, file_key, bytes, is_video, detector, threshold, note"
            " FROM detections WHERE job_id = %s",
            (job_id,),
        )
        row = cur.fetchone()
    found = Detection(*row) if row else None
    return found and found._replace(note=found.note and unpack(found.note))


def note(conn: Connection, job_id: str, sentence: str) -> None:
    """Say what the reader of the result should know."""
    with conn.cursor() as cur:
        cur.execute("UPDATE detections SET note = %s WHERE job_id = %s", (pack(sentence), job_id))


def add_frame(conn: Connection, job_id: str, frame: Frame) -> None:
    """Record what was found at one look."""
    *rest, objects = frame
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO detected_frames"
            " (job_id, position, at_ms, width, height, picture_key, drawn_key, objects)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (job_id, *rest, json.dumps(objects)),
        )


def count_frames(conn: Connection, job_id: str) -> int:
    """Return how many looks are done; they are done in order."""
    with conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM detected_frames WHERE job_id = %s", (job_id,))
        row = cur.fetchone()
    return row[0] if row else 0


def frames(conn: Connection, job_id: str, position: int | None = None) -> list[Frame]:
    """Return what was found so far, in order; or at one position alone, if it was looked at."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT position, at_ms, width, height, picture_key, drawn_key, objects"
            " FROM detected_frames WHERE job_id = %s AND position = coalesce(%s, position)"
            " ORDER BY position",
            (job_id, position),
        )
        return [
            Frame(
                position, at_ms, width, height, picture_key, drawn_key,
                [Object(kind, label, score, Box(*box)) for kind, label, score, box in objects],
            )
            for position, at_ms, width, height, picture_key, drawn_key, objects in cur.fetchall()
        ]  # fmt: skip
