"""The URL of a queue says which engine carries it."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from app_srvc import engines, settings
from app_srvc.engines.protocol import Delivery
from app_srvc.errors import EngineDown
from app_srvc.queues import CALLS, Queue
from tests.conftest import Servers
from tests.support.workers import PATIENCE_SECONDS, ROOT

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("url", [
    "unix:///nowhere/redis.sock", "amqp://127.0.0.1:1//", "celery+unix:///nowhere/redis.sock",
])  # fmt: skip
def test_an_unreachable_server_is_reported_within_a_second(
    url: str, setting: Callable[..., None], backing: Servers
) -> None:
    setting(queue_url=url)
    if not url.startswith("unix"):
        setting(calls_queue_url=backing.urls["redis"])
    engine = engines.current()

    assert not engine.is_up()
    with pytest.raises(EngineDown):
        engine.enqueue(Delivery("a", Queue.STT, "x.y", 9))


def test_each_queue_has_the_engine_of_its_url(setting: Callable[..., None]) -> None:
    setting(stt_segments_queue_url="amqp://127.0.0.1:1//", stt_queue_url="amqp://127.0.0.1:1//")

    assert engines.of(Queue.STT) is engines.of(Queue.STT_SEGMENTS)
    assert engines.of(Queue.MAIL) is engines.current()
    assert len(engines.every()) == 2
    assert type(engines.of(Queue.STT)) is not type(engines.current())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"mail_queue_url": "http://x"}, "MAIL_QUEUE_URL: Value error, must begin with redis://"),
        ({"mail_queue_url": "redis://x"}, "the queues on Redis must have the same URL"),
        (
            {"mail_queue_url": "amqp://x", "stt_queue_url": "amqps://y"},
            "the queues on RabbitMQ must have the same URL",
        ),
        ({"queue_url": "amqp://x"}, "need a Redis besides RabbitMQ: set CALLS_QUEUE_URL to one"),
    ],
)
def test_a_wrong_url_is_refused_by_its_name(
    values: dict[str, str], told: str, setting: Callable[..., None]
) -> None:
    setting(**values)

    with pytest.raises(settings.WrongSetting, match=told):
        settings.load()


def test_a_worker_whose_queues_lie_on_different_servers_is_refused() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "sttworker.py"],
        cwd=ROOT, env=os.environ | {"STT_QUEUE_URL": "amqp://127.0.0.1:1//"},
        capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip

    assert told.returncode == 1
    assert "One worker serves stt and stt-segments: their URLs must be the same." in told.stderr


def test_there_is_a_setting_for_each_queue() -> None:
    for queue in Queue:
        name = "calls" if queue in CALLS else queue.replace("-", "_")
        assert f"{name}_queue_url" in settings.Settings.model_fields
