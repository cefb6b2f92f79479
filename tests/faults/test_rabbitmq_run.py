"""The fault run of speech and a burst of pictures, with all queues but calls on RabbitMQ."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults import test_fault_run as speech
from tests.faults.outcomes import Tell
from tests.support import pictures, rabbitmq
from tests.support.asking import count, get_json
from tests.support.product import Product
from tests.support.web import post_files
from tests.support.workers import wait_for

# A line that is dead is noticed by heartbeats after three times as long; one of this length
# only makes everybody wait. benchmarks and docs/operations.md have runs with 20 s.
SILENT_SECONDS = float(os.environ.get("CHERHA_SILENT_SECONDS", "3"))

PICTURES = 8


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """Start all of it, once: whatever dies in a test is started again in that test."""
    rabbitmq.need()
    with tempfile.TemporaryDirectory(prefix="cherha-run-") as home:
        product = Product(Path(home), QUEUE="rabbitmq")
        product.start()
        yield product
        product.stop()


def pid_of_rabbitmq(product: Product) -> int:
    """Return the number of its process; 0 while it is just beginning."""
    return int((product.home / "rabbitmq" / "rabbitmq.pid").read_text() or 0)


def kill_rabbitmq(product: Product) -> str:
    """Kill RabbitMQ; the launcher starts it again."""
    before = pid_of_rabbitmq(product)
    os.kill(before, signal.SIGKILL)
    seconds = speech.timed(lambda: pid_of_rabbitmq(product) != before and is_answering(product))
    return f"RabbitMQ answered again after {seconds:.1f} s"


def is_answering(product: Product) -> bool:
    """Say whether the web reaches the servers of all queues."""
    return get_json(product, "/readyz").get("queue") == "ok"


def silence_rabbitmq(product: Product) -> str:
    """Let nothing come through to RabbitMQ, nor from it, for some time."""
    pid = pid_of_rabbitmq(product)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(SILENT_SECONDS)
    os.kill(pid, signal.SIGCONT)
    seconds = speech.timed(lambda: is_answering(product))
    return f"RabbitMQ was silent for {SILENT_SECONDS:g} s, and answered {seconds:.1f} s later"


def kill_detector(product: Product) -> str:
    """Kill the worker that looks at pictures; the launcher starts another one."""
    product.kill("detector")
    return "a detector killed"


@pytest.mark.fault("broker")
@pytest.mark.timeout(900)
def test_no_recording_is_lost(
    product: Product, figure: Callable[[str], None], outcome: Tell
) -> None:
    faults = (speech.kill_worker, kill_rabbitmq)

    figure(f"on RabbitMQ: {speech.run(faults, product, outcome)}")
    assert any("the broker does not answer" in line for line in product.lines)
    assert any("the broker is back" in line for line in product.lines)


@pytest.mark.fault("broker")
@pytest.mark.timeout(900)
def test_no_picture_of_a_burst_is_lost(
    product: Product, figure: Callable[[str], None], outcome: Tell
) -> None:
    picture = pictures.encoded(pictures.scene(), "JPEG")
    sent: list[str] = []
    notes = []
    for fault in (kill_detector, silence_rabbitmq):
        with ThreadPoolExecutor(4) as pool:
            burst = [pool.submit(send, product, picture) for _ in range(PICTURES)]
            wait_for(lambda: sum(one.done() for one in burst) >= PICTURES // 2)  # noqa: B023
            notes.append(fault(product))
        sent += [one.result() for one in burst]

    wait_for(lambda: count(product, "queue = 'detection' AND ended_at IS NULL") == 0)
    states = [get_json(product, f"/api/jobs/{job_id}")["state"] for job_id in set(sent)]
    finished = states.count("finished")
    outcome(accepted=len(set(sent)), finished=finished, lost=len(set(sent)) - finished)
    assert (len(set(sent)), finished) == (2 * PICTURES, 2 * PICTURES)
    for job_id in sent:
        assert len(get_json(product, f"/detect/task/{job_id}")["objects"]) > 0
    figure(f"{finished} pictures accepted, lost 0: {'; '.join(notes)}")


def send(product: Product, picture: bytes) -> str:
    """Send a picture until it is accepted, and return its job."""

    def try_to() -> str | None:
        try:
            answer = post_files(f"{product.url}/detect/task", [("a.jpg", picture)])
        except OSError:
            return None
        assert answer.status in {202, 503}, answer
        return str(json.loads(answer.body)["job_id"]) if answer.status == 202 else None

    return str(wait_for(try_to))
