"""A database as an earlier release has left it: the first six migrations, and two jobs of a guest.

One is finished, with its transcript; the other waits, with its recording in the storage.
"""

import uuid
from pathlib import Path
from typing import NamedTuple

import psycopg2
import yoyo

from app_srvc import migrate
from tests.support.recordings import recording

LAST = "0006_parts"

_ROWS = """
INSERT INTO files (key, bytes) VALUES (%(key)s, %(bytes)s);
INSERT INTO jobs (id, queue, task, args, title, state, max_failures, timeout_seconds, attempt,
    progress, started_at, ended_at)
VALUES
    (%(done)s, 'stt', 'speech.transcribe', '[]', 'talk.mp3', 'finished', 5, 600, 1, 1,
     now(), now()),
    (%(waits)s, 'stt', 'speech.transcribe', jsonb_build_array(%(waits)s), 'days.flac', 'waiting',
     5, 600, 0, 0, NULL, NULL);
INSERT INTO job_log (job_id, message) VALUES (%(done)s, 'accepted'), (%(waits)s, 'accepted');
INSERT INTO job_files (job_id, key) VALUES (%(waits)s, %(key)s);
INSERT INTO recordings (id, name, file_key, container, codec, seconds, bytes) VALUES
    (%(done)s, 'talk.mp3', NULL, 'mp3', 'mp3', 2, 1000),
    (%(waits)s, 'days.flac', %(key)s, 'flac', 'flac', 3, %(bytes)s);
INSERT INTO transcripts (job_id, recording_id, recogniser, language, seconds, planned) VALUES
    (%(done)s, %(done)s, 'sphinx', 'en-US', 2, true),
    (%(waits)s, %(waits)s, 'sphinx', 'en-US', NULL, false);
INSERT INTO segments (job_id, position, start_ms, end_ms, words) VALUES
    (%(done)s, 0, 100, 900, '[[100, 500, "good", 0.9], [500, 900, "morning", 0.8]]');
"""


class Older(NamedTuple):
    """The ids of both jobs."""

    done: str
    waits: str


def fill(url: str, storage: Path) -> Older:
    """Bring an empty database to where the earlier release was, and put both jobs there."""
    backend = yoyo.get_backend(url)
    known = [one for one in yoyo.read_migrations(str(migrate.MIGRATIONS)) if one.id <= LAST]
    backend.apply_migrations(backend.to_apply(type(yoyo.read_migrations())(known)))
    backend.connection.close()

    jobs, key, sound = (
        Older(str(uuid.uuid4()), str(uuid.uuid4())),
        uuid.uuid4().hex,
        recording("days.flac"),
    )
    path = storage / key[:2] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)
    conn = psycopg2.connect(url)
    with conn, conn.cursor() as cur:
        cur.execute(_ROWS, jobs._asdict() | {"key": key, "bytes": len(sound)})
    conn.close()
    return jobs
