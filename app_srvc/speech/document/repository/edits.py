"""What people have corrected: the text as it is now, and all that it has been."""

import json
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.speech.repository.segments import LEXEMES, searched
from app_srvc.speech.sound import Word


class Passage(NamedTuple):
    """A segment, as it was heard and as it is now. `version` 0 is what was heard."""

    position: int
    start_ms: int
    end_ms: int
    heard: list[Word]
    words: list[Word]
    version: int

    @property
    def text(self) -> str:
        """What it says now."""
        return " ".join(word.text for word in self.words)


class Place(NamedTuple):
    """A passage, as it is in a version of it."""

    job_id: str
    position: int
    version: int


class Change(NamedTuple):
    """A text that somebody has given a passage, and the one before. `editor` None: not known.

    `current` is the version that the passage is of now.
    """

    id: int
    position: int
    version: int
    at: datetime
    editor: str | None
    login: str | None
    before: str
    after: str
    current: int
    start_ms: int

    @property
    def is_current(self) -> bool:
        """Say whether that is what the passage says now."""
        return self.version == self.current


def find(conn: Connection, job_id: str, position: int) -> Passage | None:
    """Return a passage that was recognised."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT position, start_ms, end_ms, words, coalesce(edited, words), version"
            " FROM segments WHERE job_id = %s AND position = %s AND words IS NOT NULL",
            (job_id, position),
        )
        row = cur.fetchone()
    if row is None:
        return None
    heard, words = ([Word(*word) for word in part] for part in row[3:5])
    return Passage(row[0], row[1], row[2], heard, words, row[5])


def beside(conn: Connection, job_id: str, position: int) -> tuple[int | None, int | None]:
    """Return the positions of the passages before and behind one that say something."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT max(position) FILTER (WHERE position < %(here)s),"
            " min(position) FILTER (WHERE position > %(here)s) FROM segments"
            " WHERE job_id = %(job)s AND jsonb_array_length(coalesce(edited, words)) > 0",
            {"job": job_id, "here": position},
        )
        before, behind = cur.fetchone() or (None, None)
    return before, behind


def write(conn: Connection, place: Place, words: list[Word], editor: str | None) -> bool:
    """Give a passage another text; False when it is not the one of that version any more."""
    told = json.dumps(words)
    with conn.cursor() as cur:
        cur.execute(
            f"UPDATE segments SET edited = %s, version = version + 1, lexemes = {LEXEMES}"  # noqa: S608
            " WHERE job_id = %s AND position = %s AND version = %s AND words IS NOT NULL",
            (told, place.job_id, searched(words), *place),
        )
        if cur.rowcount != 1:
            return False
        cur.execute(
            "INSERT INTO segment_edits (job_id, position, version, words, editor)"
            " VALUES (%s, %s, %s + 1, %s, %s)",
            (*place, told, editor),
        )
    return True


def words_of(conn: Connection, job_id: str, position: int, version: int) -> list[Word] | None:
    """Return what a passage said in one of its versions; None when there is none like that."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT words FROM segments WHERE job_id = %(job)s AND position = %(position)s"
            " AND %(version)s = 0 UNION ALL SELECT words FROM segment_edits"
            " WHERE job_id = %(job)s AND position = %(position)s AND version = %(version)s",
            {"job": job_id, "position": position, "version": version},
        )
        row = cur.fetchone()
    return [Word(*word) for word in row[0]] if row and row[0] is not None else None


def history(
    conn: Connection, job_id: str, before: int | None = None, limit: int = 50
) -> list[Change]:
    """Return what was changed, newest first, from behind an id on."""
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT edit.id, edit.position, edit.version, edit.at, edit.editor, login,
                text_of_words(coalesce(earlier.words, segments.words)), text_of_words(edit.words),
                segments.version,
                coalesce((edit.words -> 0 ->> 0)::int, segments.start_ms)
            FROM segment_edits AS edit JOIN segments
                ON segments.job_id = edit.job_id AND segments.position = edit.position
            LEFT JOIN segment_edits AS earlier ON earlier.job_id = edit.job_id
                AND earlier.position = edit.position AND earlier.version = edit.version - 1
            LEFT JOIN users ON users.id =
                CASE WHEN left(edit.editor, 5) = 'user:' THEN substr(edit.editor, 6)::uuid END
            WHERE edit.job_id = %(job)s AND (%(before)s::bigint IS NULL OR edit.id < %(before)s)
            ORDER BY edit.id DESC LIMIT %(limit)s
            """,
            {"job": job_id, "before": before, "limit": limit},
        )
        return [Change(*row) for row in cur.fetchall()]


def change_editor(conn: Connection, old: str, new: str) -> None:
    """Let what a guest has corrected be known as somebody's who has logged in."""
    with conn.cursor() as cur:
        cur.execute("UPDATE segment_edits SET editor = %s WHERE editor = %s", (new, old))
