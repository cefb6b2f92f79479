"""The fault run of speech with its queues on RabbitMQ, and the others on Redis."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import test_fault_run as speech
from tests.support import rabbitmq
from tests.support.asking import get_json
from tests.support.product import Product

# A line that is dead is noticed by heartbeats after three times as long; one of this length
# only makes everybody wait. benchmarks and docs/operations.md have runs with 20 s.
SILENT_SECONDS = float(os.environ.get("CHERHA_SILENT_SECONDS", "3"))


@pytest.fixture
def product() -> Iterator[Product]:
    """Start all of it, with two kinds of servers for queues."""
    rabbitmq.need()
    with tempfile.TemporaryDirectory(prefix="cherha-run-") as home:
        product = Product(Path(home), STT_QUEUE_URL="rabbitmq", STT_SEGMENTS_QUEUE_URL="rabbitmq")
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


@pytest.mark.timeout(900)
def test_nothing_accepted_is_lost(product: Product, record_property: Callable[..., None]) -> None:
    faults = (speech.kill_worker, speech.kill_horse, kill_rabbitmq, silence_rabbitmq)

    record_property("figure", f"on RabbitMQ: {speech.run(faults, product)}")
    assert any("the broker does not answer" in line for line in product.lines)
    assert any("the broker is back" in line for line in product.lines)
