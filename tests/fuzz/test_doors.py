"""Changed files through every door for files: no crash, no hang, and nothing is left behind.

Here it is a few through each; `FUZZ_FILES=400` makes it four hundred, `FUZZ_SEED` other ones.
"""

import base64
import json
import os
import random
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from app_srvc import db
from app_srvc.accounts import viewing
from tests.conftest import Servers
from tests.support import mutating, processing
from tests.support.accounts import bearer, member
from tests.support.product import is_alive
from tests.support.rows import rows, scalar
from tests.support.web import Answer, Web, form, send
from tests.support.workers import Workers, wait_for

FILES = int(os.environ.get("FUZZ_FILES", "4"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
# Jobs are many, and each may take as long as it likes within its own limit.
JOBS_SECONDS = 120.0 + 3 * FILES
# An answer of OpenAI's door waits for all jobs before its own.
ANSWER_SECONDS = 600
REFUSED = {400, 409, 411, 413, 415, 422}


class Side(NamedTuple):
    """A web process, its workers, the folder for what is temporary, and an operator's headers."""

    web: Web
    workers: list[psutil.Process]
    temporary: Path
    headers: dict[str, str]


@pytest.fixture
def side(
    database: None, workers: Workers, setting: Callable[..., None], backing: Servers
) -> Iterator[Side]:
    """Start a web process and a worker of each service that takes files."""
    with tempfile.TemporaryDirectory(prefix="cherha-fuzz-") as folder:
        setting(wait_seconds=30, tmpdir=folder)
        processing.processor("letters")
        headers = bearer(member("olena", role="operator"), viewing.OPERATE, viewing.SUBMIT)
        web = Web()
        scripts = ("sttworker.py", "detectworker.py", "recordworker.py")
        started = [psutil.Process(workers.start(script).pid) for script in scripts]
        wait_for(lambda: scalar("SELECT count(*) FROM workers") >= len(scripts))
        yield Side(web, started, Path(folder), headers)
        web.stop()


@pytest.mark.timeout(3600)
def test_what_is_changed_at_random_is_refused_or_ends_and_leaves_nothing(
    side: Side, backing: Servers, record_property: Callable[[str, object], None]
) -> None:
    served = psutil.Process(side.web.process.pid).children()
    crews = [len(worker.children()) for worker in side.workers]
    answers: dict[str, Counter[int]] = {}
    for door, ways in DOORS.items():
        answers[door] = Counter()
        for data in mutating.mutated(ways.seeds(), FILES, SEED):
            status = ways.send(side, data)
            answers[door][status] += 1
            assert status in REFUSED | ways.taken, (door, status, data[:100])
    wait_for(lambda: scalar("SELECT count(*) FROM jobs WHERE ended_at IS NULL") == 0, JOBS_SECONDS)

    told = "; ".join(f"{door}: {dict(counts)}" for door, counts in answers.items())
    ended = Counter(dict(rows("SELECT state, count(*) FROM jobs GROUP BY state")))
    record_property("figure", f"{FILES} changed files through each door: {told}; jobs {ended}")
    assert scalar("SELECT count(*) FROM jobs WHERE state = 'failed' AND reason IS NULL") == 0
    assert scalar("SELECT count(*) FROM job_attempts WHERE outcome = 'lost'") == 0
    assert psutil.Process(side.web.process.pid).children() == served
    assert all(is_alive(worker) for worker in side.workers)
    clear(side)
    wait_for(lambda: stored(backing) == [])
    wait_for(lambda: not [path for path in side.temporary.rglob("*") if path.is_file()])
    wait_for(
        lambda: scalar("SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM files)") == 0
    )
    for worker, crew in zip(side.workers, crews, strict=True):  # One keeps a process for its jobs.
        wait_for(lambda one=worker, most=crew + 1: len(one.children()) <= most)  # type: ignore[misc]


def clear(side: Side) -> None:
    """Delete all jobs, and let the time pass for which an upload's beginning is kept."""
    for (job_id,) in rows("SELECT id FROM jobs"):
        answer = ask(side, f"/api/jobs/{job_id}", method="DELETE")
        assert answer.status == 204, answer
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = expires_at - interval '2 days'")


def stored(backing: Servers) -> list[Path]:
    """Return all files there are."""
    return [path for path in (backing.home / "files").rglob("*") if path.is_file()]


def ask(
    side: Side, path: str, data: bytes | None = None, method: str = "POST", **headers: str
) -> Answer:
    """Send a request as an operator's program does."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        side.web.url + path, data, side.headers | named, method=method
    )  # fmt: skip
    return send(request, ANSWER_SECONDS)


def send_file(path: str, name: str, **fields: str) -> Callable[[Side, bytes], int]:
    """Return a way to send a file in a form."""

    def way(side: Side, data: bytes) -> int:
        body, content_type = form([(name, data)], **fields)
        return ask(side, path, body, Content_Type=content_type).status

    return way


def send_body(side: Side, data: bytes) -> int:
    """Send a file as the body that JSON should be."""
    path = "/api/processors/letters/records"
    return ask(side, path, data, Content_Type="application/json").status


def send_form(side: Side, data: bytes) -> int:
    """Send a form that is itself changed, not the file in it."""
    body, content_type = form([("a.wav", data)], language="en")
    (changed,) = mutating.mutated([body], 1, len(data))
    return ask(side, "/stt/task", changed, Content_Type=content_type).status


def send_in_pieces(side: Side, data: bytes) -> int:
    """Send a file by tus, in pieces of which some do not fit, and hand it in."""
    source, tus = random.Random(len(data)), {"Tus_Resumable": "1.0.0"}
    name = base64.b64encode(source.randbytes(6)).decode()
    begun = ask(
        side, "/uploads/", b"", **tus, Upload_Length=str(len(data)),
        Upload_Metadata=source.choice((f"filename {name}", "filename YS53YXY=", "filename", "")),
    )  # fmt: skip
    if begun.status != 201:
        return begun.status
    path, at = begun.headers["Location"], 0
    piece = {"Content_Type": "application/offset+octet-stream"} | tus
    while at < len(data):
        until = min(len(data), at + source.randrange(1, len(data) + 1))
        wrong = ask(side, path, b"x" * 10, "PATCH", **piece, Upload_Offset=str(at + 1))
        assert wrong.status in {409, 413}, wrong
        sent = ask(side, path, data[at:until], "PATCH", **piece, Upload_Offset=str(at))
        assert sent.status == 204, sent
        at = until
    body, content_type = form([], upload=path.rpartition("/")[2])
    return ask(side, "/stt/task", body, Content_Type=content_type).status


class Door(NamedTuple):
    """A door for files: with what it is tried, how, and what it says to what it takes."""

    seeds: Callable[[], list[bytes]]
    send: Callable[[Side, bytes], int]
    taken: frozenset[int] = frozenset({202})


RECORDS = [{"key": f"{number}", "json": {"a": [1, None]}} for number in range(3)]
IMPORT = "/processors/letters/import/"
DOORS = {
    "recordings": Door(mutating.recordings, send_file("/stt/task", "a.wav")),
    "recordings in a changed form": Door(mutating.recordings, send_form),
    "recordings in pieces": Door(mutating.recordings, send_in_pieces),
    "OpenAI's": Door(
        lambda: mutating.recordings()[:2],
        send_file("/v1/audio/transcriptions", "a.mp3", model="sphinx"),
        frozenset({200}),
    ),
    "pictures": Door(mutating.sights, send_file("/detect/task", "a.png")),
    "imports": Door(mutating.tables, send_file(IMPORT, "a.csv", key="id")),
    "imports of XML": Door(
        lambda: mutating.tables()[2:],
        send_file(IMPORT, "a.xml", key="id", record_path="/rows/row"),
    ),
    "records": Door(
        lambda: [json.dumps({"records": RECORDS}).encode()],
        send_body, frozenset({200, 201}),
    ),
}  # fmt: skip
