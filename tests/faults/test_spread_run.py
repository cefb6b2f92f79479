"""Long recordings, shared by three workers, of which one is killed every five seconds."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.outcomes import Tell
from tests.support.asking import ask, count, get_json
from tests.support.media import encode, joined, text_of
from tests.support.product import Product
from tests.support.recordings import TEXTS
from tests.support.web import post_files
from tests.support.workers import wait_for

RECORDINGS = 4
UNFINISHED = "ended_at IS NULL AND part_of IS NULL"
KILL_SECONDS = 5.0
MOST_KILLED = 8
LONGEST_SECONDS = 480.0


@pytest.fixture
def product() -> Iterator[Product]:
    """Start all of it, with three workers."""
    with tempfile.TemporaryDirectory(prefix="cherha-spread-") as home:
        product = Product(Path(home), workers=3)
        product.start()
        yield product
        product.stop()


@pytest.mark.fault("spread")
@pytest.mark.timeout(900)
def test_no_long_recording_is_lost_while_workers_die(
    product: Product, figure: Callable[[str], None], outcome: Tell
) -> None:
    wait_for(lambda: count(product, "'stt' = ANY (queues)", "workers") == 3)
    expected: dict[str, str] = {}
    for number in range(RECORDINGS):
        names = sorted(TEXTS)[number % 3 :] + sorted(TEXTS)[: 5 + number % 3]
        file = encode(joined(names), "flac", "flac")
        answer = post_files(f"{product.url}/stt/task", [(f"long{number}.flac", file)])
        expected[json.loads(answer.body)["job_id"]] = text_of(names)

    killed = kill_until_done(product)
    try:
        wait_for(lambda: count(product, UNFINISHED) == 0, LONGEST_SECONDS)
    finally:
        print(*product.lines, sep="\n")  # Shown when the test fails.
    jobs = [get_json(product, f"/api/jobs/{job_id}") for job_id in expected]
    finished = [job for job in jobs if job["state"] == "finished"]
    failed = [job for job in jobs if job["state"] == "failed"]
    lost = RECORDINGS - len(finished) - len(failed)
    outcome(accepted=RECORDINGS, finished=len(finished), failed=len(failed), lost=lost)
    figure(
        f"{RECORDINGS} long recordings on 3 workers, {killed} killed: finished {len(finished)},"
        f" failed {len(failed)}, lost {lost}"
    )
    assert (len(failed), lost) == (0, 0), failed
    assert killed > 0
    for job_id, text in expected.items():
        assert get_json(product, f"/stt/task/{job_id}")["text"].split() == text.split()
    took = ask(product, "SELECT count(DISTINCT taken_by) FROM segments GROUP BY job_id")
    assert max(int(str(number)) for (number,) in took) > 1, "they were shared"


def kill_until_done(product: Product) -> int:
    """Kill a worker that works every five seconds, and return how many were killed."""
    killed = 0
    while count(product, UNFINISHED) and killed < MOST_KILLED:
        victims = [worker for worker in product.find("worker") if may_die(product, worker.pid)]
        if victims:
            victims[killed % len(victims)].kill()
            killed += 1
        time.sleep(KILL_SECONDS)
    return killed


def may_die(product: Product, pid: int) -> bool:
    """Say whether a worker runs a job that has lost no worker in vain before.

    A job that has lost several is given up, as it should be: it may be what kills them. On a slow
    machine a segment may take longer than it is to the next kill.
    """
    held = "state = 'running' AND NOT handed_over AND failures = 0 AND worker LIKE %s"
    return bool(ask(product, f"SELECT FROM jobs WHERE {held}", f"%-{pid}-%"))
