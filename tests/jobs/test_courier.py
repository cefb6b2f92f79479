"""Fresh jobs are carried to the engine behind the back of whoever submitted them."""

from collections.abc import Callable, Iterator

import pytest

from app_srvc import engines
from app_srvc.jobs import submission
from app_srvc.jobs.courier import Courier
from app_srvc.queues import Queue
from tests.support import tasks
from tests.support.brokers import all_waiting
from tests.support.performing import waiting
from tests.support.submitting import submit
from tests.support.workers import wait_for


@pytest.fixture
def courier(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Courier]:
    """Start a courier for this test."""
    monkeypatch.setattr(submission, "_carry", submission.deliver)
    courier = Courier()
    courier.start()
    yield courier
    courier.stop()


def test_what_is_submitted_comes_into_the_queue(courier: Courier) -> None:
    ids = {submit(tasks.count, "/nowhere") for _ in range(250)}

    wait_for(lambda: engines.current().depth(Queue.STT) == 250)
    assert all_waiting(Queue.STT) == ids


def test_at_the_end_it_carries_what_is_left(courier: Courier) -> None:
    for _ in range(50):
        submit(tasks.count, "/nowhere")

    courier.stop()
    assert engines.current().depth(Queue.STT) == 50


def test_what_it_cannot_carry_waits_in_the_database(
    courier: Courier, setting: Callable[..., None]
) -> None:
    queue_url = engines.current().url  # type: ignore[attr-defined]
    setting(queue_url="redis://127.0.0.1:1/0")
    lost = submit(tasks.count, "/nowhere")
    courier.stop()
    setting(queue_url=queue_url)

    assert engines.current().depth(Queue.STT) == 0
    assert waiting(Queue.STT) == [lost]
