"""Forty uploads in flight, and everything that can die dies: nothing accepted is lost."""

import itertools
import json
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import psycopg2
import pytest
import redis

from tests.support.asking import (
    ask,
    count,
    get_json,
    known_files,
    let_ten_minutes_pass,
    stored_files,
)
from tests.support.media import encode, joined, text_of
from tests.support.product import Product, wait_until_gone
from tests.support.recordings import TEXTS, recording
from tests.support.web import post_files
from tests.support.workers import PATIENCE_SECONDS, wait_for

UPLOADS = 40
SHORT = {name: (recording(name), TEXTS[name]) for name in TEXTS}


@cache
def long() -> dict[str, tuple[bytes, str]]:
    """Return recordings of several segments each, which keep two workers busy for a while."""
    groups = [sorted(TEXTS)[n : n + 4] for n in range(5)]
    return {
        f"long{n}.flac": (encode(joined(group), "flac", "flac"), text_of(group))
        for n, group in enumerate(groups)
    }


@pytest.fixture
def product() -> Iterator[Product]:
    """Start all of it."""
    with tempfile.TemporaryDirectory(prefix="cherha-run-") as home:
        product = Product(Path(home))
        product.start()
        yield product
        product.stop()


def kill_worker(product: Product) -> str:
    """Kill a worker in the middle of a job."""
    wait_for(lambda: [p for p in product.find("worker") if p.children()])
    victim = next(p for p in product.find("worker") if p.children())
    job_id = wait_for(lambda: held_by(product, victim.pid))
    before = attempts(product, job_id)
    victim.kill()
    seconds = timed(lambda: attempts(product, job_id) > before)
    return f"a killed worker's job ran again after {seconds:.1f} s (target 30)"


def kill_horse(product: Product) -> str:
    """Kill the process in which a worker runs a job."""
    wait_for(lambda: [p for p in product.find("worker") if p.children()])
    worker = next(p for p in product.find("worker") if p.children())
    job_id = wait_for(lambda: held_by(product, worker.pid))
    before = attempts(product, job_id)
    for child in worker.children():
        child.kill()
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


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "faults", [*[[fault] for fault in ALL], ALL], ids=[*[fault.__name__ for fault in ALL], "all"]
)
def test_nothing_accepted_is_lost(
    faults: list[Callable[[Product], str]], product: Product, record_property: Callable[..., None]
) -> None:
    material = SHORT if len(faults) == 1 else long()
    accepted: dict[str, str] = {}
    uploading = threading.Thread(target=upload_all, args=(product, material, accepted))
    uploading.start()
    wait_for(lambda: len(accepted) >= 10)
    notes = [fault(product) for fault in faults]
    uploading.join()
    assert len(accepted) == UPLOADS

    try:
        wait_for(lambda: count(product, "ended_at IS NULL") == 0)
    finally:
        print(*product.lines, sep="\n")  # Shown when the test fails.
    states = {job_id: get_json(product, f"/api/jobs/{job_id}") for job_id in accepted}
    finished = [job_id for job_id, job in states.items() if job["state"] == "finished"]
    failed = [job for job in states.values() if job["state"] == "failed"]
    lost = UPLOADS - len(finished) - len(failed)
    retried = count(product, "attempt > 1")
    summary = f"accepted {UPLOADS}, finished {len(finished)}, failed {len(failed)}, lost {lost}"
    record_property("figure", f"{summary} ({retried} begun again): {'; '.join(notes)}")
    assert (len(failed), lost) == (0, 0), failed
    for job_id in finished:
        text = get_json(product, f"/stt/task/{job_id}")["text"]
        assert text.split() == material[accepted[job_id]][1].split()
    assert count(product, "state = 'finished'", "jobs") == count(product, "TRUE", "transcripts")
    let_ten_minutes_pass(product)
    wait_for(lambda: stored_files(product) == known_files(product))


def upload_all(
    product: Product, material: dict[str, tuple[bytes, str]], accepted: dict[str, str]
) -> None:
    """Send all files, eight at a time; what is refused or breaks off is sent again."""

    def upload(name: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = post_files(f"{product.url}/stt/task", [(name, material[name][0])])
            except OSError:
                time.sleep(0.3)
                continue
            if answer.status == 202:
                accepted[json.loads(answer.body)["job_id"]] = name
                return
            assert answer.status == 503, answer
            time.sleep(0.3)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, itertools.islice(itertools.cycle(material), UPLOADS)))


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


def held_by(product: Product, pid: int) -> object:
    """Return the job that the worker with this number runs."""
    rows = ask(
        product, "SELECT id FROM jobs WHERE state = 'running' AND worker LIKE %s", f"%-{pid}-%"
    )
    return rows[0][0] if rows else None


def attempts(product: Product, job_id: object) -> int:
    """Return how often a job has begun."""
    return int(str(ask(product, "SELECT attempt FROM jobs WHERE id = %s", job_id)[0][0]))
