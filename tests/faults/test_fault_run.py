"""Uploads in flight, and everything that can die dies: nothing accepted is lost."""

import itertools
import json
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg2
import pytest
import redis

from tests.faults.outcomes import Tell
from tests.support.asking import (
    ask,
    count,
    get_json,
    known_files,
    let_ten_minutes_pass,
    stored_files,
)
from tests.support.product import Product, wait_until_gone
from tests.support.recordings import TEXTS, recording
from tests.support.web import post_files
from tests.support.workers import PATIENCE_SECONDS, wait_for

# Around each fault; it happens when the first of them are accepted.
UPLOADS = 6
FIRST = 3


class AtWork(NamedTuple):
    """A worker, the process in which it runs a job, and the job."""

    worker: psutil.Process
    horse: psutil.Process
    job_id: object


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """Start all of it, once: whatever dies in a test is started again in that test."""
    with tempfile.TemporaryDirectory(prefix="cherha-run-") as home:
        product = Product(Path(home))
        product.start()
        yield product
        product.stop()


def kill_worker(product: Product) -> str:
    """Kill a worker in the middle of a job."""
    worker, _, job_id = stop_at_work(product)
    before = attempts(product, job_id)
    worker.kill()
    seconds = timed(lambda: attempts(product, job_id) > before)
    return f"a killed worker's job ran again after {seconds:.1f} s (target 30)"


def kill_horse(product: Product) -> str:
    """Kill the process in which a worker runs a job."""
    _, horse, job_id = stop_at_work(product)
    before = attempts(product, job_id)
    horse.kill()
    seconds = timed(lambda: attempts(product, job_id) > before)
    return f"a killed horse's job ran again after {seconds:.2f} s (target 5)"


def kill_web(product: Product) -> str:
    """Kill the web's master process; its worker must go with it."""
    product.kill("web")
    time.sleep(0.2)
    return f"the web answered again after {timed(product.answers):.1f} s"


def kill_launcher(product: Product) -> str:
    """Kill the launcher, see that all is gone, and start again."""
    product.find("worker")
    product.kill_launcher()
    gone = wait_until_gone(product)
    began = time.monotonic()
    product.start()
    back = time.monotonic() - began
    return f"after the launcher nothing was left in {gone:.1f} s, all back {back:.1f} s later"


def kill_redis(product: Product) -> str:
    """Kill Redis; the launcher starts it again."""
    client = redis.Redis.from_url(product.address_of("redis"))
    product.kill("redis")
    time.sleep(0.2)
    return f"Redis answered again after {timed(lambda: pings(client)):.1f} s"


def flush_redis(product: Product) -> str:
    """Let Redis forget everything."""
    with redis.Redis.from_url(product.address_of("redis")) as client:
        queued = client.llen("rq:queue:stt")
        client.flushall()
        seconds = timed(lambda: queued == 0 or client.exists("rq:queue:stt"))
    return f"after FLUSHALL of {queued} the queue was filled again in {seconds:.1f} s"


def restart_postgresql(product: Product) -> str:
    """Stop PostgreSQL as an administrator does; the launcher starts it again."""
    product.kill("postgresql", signal.SIGINT)
    time.sleep(0.2)
    seconds = timed(product.is_ready)
    return f"PostgreSQL served again after {seconds:.1f} s"


ALL = [
    kill_worker, kill_horse, kill_web, kill_redis, flush_redis, restart_postgresql, kill_launcher
]  # fmt: skip


@pytest.mark.fault("uploads")
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "faults", [*[[fault] for fault in ALL], ALL], ids=[*[fault.__name__ for fault in ALL], "all"]
)
def test_nothing_accepted_is_lost(
    faults: list[Callable[[Product], str]],
    product: Product,
    figure: Callable[[str], None],
    outcome: Tell,
) -> None:
    figure(run(faults, product, outcome))


def run(faults: Sequence[Callable[[Product], str]], product: Product, outcome: Tell) -> str:
    """Let faults happen while files are sent, and return a summary; no file may be lost."""
    accepted: dict[str, str] = {}
    notes = [during_uploads(fault, product, accepted) for fault in faults]
    uploads = UPLOADS * len(faults)
    assert len(accepted) == uploads

    try:
        wait_for(lambda: count(product, "ended_at IS NULL") == 0)
    finally:
        print(*product.lines, sep="\n")  # Shown when the test fails.
    states = {job_id: get_json(product, f"/api/jobs/{job_id}") for job_id in accepted}
    finished = [job_id for job_id, job in states.items() if job["state"] == "finished"]
    failed = [job for job in states.values() if job["state"] == "failed"]
    lost = uploads - len(finished) - len(failed)
    retried = sum(attempts(product, job_id) > 1 for job_id in accepted)
    summary = f"accepted {uploads}, finished {len(finished)}, failed {len(failed)}, lost {lost}"
    outcome(accepted=uploads, finished=len(finished), failed=len(failed), lost=lost)
    assert (len(failed), lost) == (0, 0), failed
    for job_id in finished:
        text = get_json(product, f"/stt/task/{job_id}")["text"]
        assert text.split() == TEXTS[accepted[job_id]].split()
    transcribed = count(product, "queue = 'stt' AND state = 'finished'")
    assert transcribed == count(product, "TRUE", "transcripts")
    let_ten_minutes_pass(product)
    wait_for(lambda: stored_files(product) == known_files(product))
    return f"{summary} ({retried} begun again): {'; '.join(notes)}"


def during_uploads(
    fault: Callable[[Product], str], product: Product, accepted: dict[str, str]
) -> str:
    """Let the fault happen while files are sent, and return what it notes."""
    first = len(accepted) + FIRST
    uploading = threading.Thread(target=upload_all, args=(product, accepted))
    uploading.start()
    wait_for(lambda: len(accepted) >= first)
    note = fault(product)
    uploading.join()
    return note


def upload_all(product: Product, accepted: dict[str, str]) -> None:
    """Send all files, eight at a time; what is refused or breaks off is sent again."""

    def upload(name: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = post_files(f"{product.url}/stt/task", [(name, recording(name))])
            except OSError:
                time.sleep(0.3)
                continue
            if answer.status == 202:
                accepted[json.loads(answer.body)["job_id"]] = name
                return
            assert answer.status == 503, answer
            time.sleep(0.3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, itertools.islice(itertools.cycle(TEXTS), UPLOADS)))


def timed(question: Callable[[], object]) -> float:
    """Return how long it took until the answer was true."""
    began = time.monotonic()

    def ask() -> object:
        try:
            return question()
        except (OSError, psycopg2.Error, redis.RedisError):
            return False

    wait_for(ask)
    return time.monotonic() - began


def pings(client: redis.Redis) -> bool:
    """Say whether Redis answers."""
    return bool(client.ping())


def stop_at_work(product: Product) -> AtWork:
    """Wait until a worker runs a job, and freeze the process in which it does.

    Frozen, it cannot end the job before the fault comes.
    """

    def stop() -> AtWork | None:
        for worker in product.find("worker"):
            with suppress(psutil.NoSuchProcess):
                for horse in worker.children():
                    horse.suspend()
                    if job_id := held_by(product, worker.pid):
                        return AtWork(worker, horse, job_id)
                    horse.resume()
        return None

    found = wait_for(stop)
    assert found is not None
    return found


def held_by(product: Product, pid: int) -> object:
    """Return the job that the worker with this number runs."""
    rows = ask(
        product, "SELECT id FROM jobs WHERE state = 'running' AND worker LIKE %s", f"%-{pid}-%"
    )
    return rows[0][0] if rows else None


def attempts(product: Product, job_id: object) -> int:
    """Return how often a job has begun."""
    return int(str(ask(product, "SELECT attempt FROM jobs WHERE id = %s", job_id)[0][0]))
