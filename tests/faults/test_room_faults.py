"""No room: the disk of files is full, Redis is. What is refused leaves nothing, the rest waits."""

import contextlib
import http.client
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from app_srvc.jobs.states import State
from tests.conftest import Servers
from tests.faults.outcomes import Tell
from tests.support import media, tasks
from tests.support.recordings import recording
from tests.support.rows import scalar
from tests.support.submitting import submit
from tests.support.web import Web, form, post_files
from tests.support.workers import Workers, wait_for, wait_for_end

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.fault("F7")]

JOBS = 30
DISK_MB = 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk, and not everywhere")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_disk_that_is_full_takes_nothing_and_keeps_nothing_half(
    small_disk: Path, setting: Callable[..., None], workers: Workers, outcome: Tell
) -> None:
    setting(storage_url=(small_disk / "files").as_uri(), min_free_bytes=0)
    web = Web()
    try:
        sent = media.wav(media.tone(1) * (2 * DISK_MB * 1_000_000 // 32_000))
        assert send_until_refused(web, sent) == 507
        assert [path for path in small_disk.rglob("*") if path.is_file()] == []
        assert scalar("SELECT (SELECT count(*) FROM files) + (SELECT count(*) FROM jobs)") == 0

        taken = post_files(f"{web.url}/stt/task", [("days.flac", recording("days.flac"))])
        assert taken.status == 202
        workers.start()
        assert wait_for_end(json.loads(taken.body)["job_id"]).state == State.FINISHED
    finally:
        web.stop()
    outcome()


def send_until_refused(web: Web, data: bytes) -> int:
    """Send a file, and return the status of the answer, which may come before all is sent."""
    body, content_type = form([("large.wav", data)])
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    with contextlib.suppress(ConnectionError):
        connection.request("POST", "/stt/task", body, {"Content-Type": content_type})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_redis_that_is_full_loses_nothing_and_is_emptied_again(
    backing: Servers, workers: Workers, tmp_path: Path, outcome: Tell
) -> None:
    log = tmp_path / "log"
    process = workers.start()
    wait_for_end(submit(tasks.count, os.devnull))
    with redis.Redis.from_url(backing.urls["redis"]) as client:
        try:
            client.config_set("maxmemory", 1)
            ids = [submit(tasks.count, str(log)) for _ in range(JOBS)]
        finally:
            client.config_set("maxmemory", 0)
    room_at = time.monotonic()
    wait_for(lambda: scalar("SELECT count(*) FROM jobs WHERE ended_at IS NULL") == 0)
    seconds = time.monotonic() - room_at

    done = len(log.read_text().splitlines())
    outcome(
        accepted=JOBS, finished=done, lost=JOBS - done, twice=max(0, done - JOBS), seconds=seconds
    )
    assert done == JOBS
    assert all(wait_for_end(job_id).state == State.FINISHED for job_id in ids)
    assert process.poll() is None
