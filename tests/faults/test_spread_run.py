"""Ten long recordings, shared by three workers, of which one is killed every five seconds."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.asking import ask, count, get_json
from tests.support.media import encode, joined, text_of
from tests.support.product import Product
from tests.support.recordings import TEXTS
from tests.support.web import post_files
from tests.support.workers import wait_for

RECORDINGS = 10
KILL_SECONDS = 5.0
LONGEST_SECONDS = 480.0


@pytest.fixture
def product() -> Iterator[Product]:
    """Start all of it, with three workers."""
    with tempfile.TemporaryDirectory(prefix="cherha-spread-") as home:
        product = Product(Path(home), workers=3)
        product.start()
        yield product
        product.stop()


@pytest.mark.timeout(900)
def test_no_long_recording_is_lost_while_workers_die(
    product: Product, record_property: Callable[..., None]
) -> None:
    wait_for(lambda: count(product, "TRUE", "workers") == 3)
    expected: dict[str, str] = {}
    for number in range(RECORDINGS):
        names = sorted(TEXTS)[number % 3 :] + sorted(TEXTS)[: 5 + number % 3]
        file = encode(joined(names), "flac", "flac")
        answer = post_files(f"{product.url}/stt/task", [(f"long{number}.flac", file)])
        expected[json.loads(answer.body)["job_id"]] = text_of(names)

    killed = kill_until_done(product)
    try:
        wait_for(lambda: count(product, "ended_at IS NULL AND part_of IS NULL") == 0)
    finally:
        print(*product.lines, sep="\n")  # Shown when the test fails.
    jobs = [get_json(product, f"/api/jobs/{job_id}") for job_id in expected]
    finished = [job for job in jobs if job["state"] == "finished"]
    failed = [job for job in jobs if job["state"] == "failed"]
    lost = RECORDINGS - len(finished) - len(failed)
    record_property(
        "figure",
        f"{RECORDINGS} long recordings on 3 workers, {killed} killed: finished {len(finished)},"
        f" failed {len(failed)}, lost {lost}",
    )
    assert (len(failed), lost) == (0, 0), failed
    assert killed > 0
    for job_id, text in expected.items():
        assert get_json(product, f"/stt/task/{job_id}")["text"].split() == text.split()
    took = ask(product, "SELECT count(DISTINCT taken_by) FROM segments GROUP BY job_id")
    assert max(int(str(number)) for (number,) in took) > 1, "they were shared"


def kill_until_done(product: Product) -> int:
    """Kill a worker that works every five seconds, and return how many were killed."""
    killed, deadline = 0, time.monotonic() + LONGEST_SECONDS
    while count(product, "ended_at IS NULL AND part_of IS NULL") and time.monotonic() < deadline:
        time.sleep(KILL_SECONDS)
        busy = [process for process in product.find("worker") if process.children()]
        if busy:
            busy[killed % len(busy)].kill()
            killed += 1
    return killed
