"""Each engine in turn, with the server behind it."""

from collections.abc import Callable, Iterator

import pytest

from app_srvc import engines
from app_srvc.queues import Queue
from tests.conftest import Servers
from tests.support import brokers, rabbitmq
from tests.support.brokers import Broker, OfCelery, OfRq


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a virtual host that is this process's own."""
    rabbitmq.need()
    folder = tmp_path_factory.getbasetemp()
    with rabbitmq.shared(folder.parent if folder.name.startswith("popen") else folder) as url:
        yield url


RQ, ON_REDIS, ON_RABBITMQ = "rq", "celery on Redis", "celery on RabbitMQ"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each test with each engine. What needs workers takes long, so with those Celery is
    tried on Redis only where there is no RabbitMQ."""
    if "broker" in metafunc.fixturenames:
        takes_long = "workers" in metafunc.fixturenames and rabbitmq.is_there()
        names = [RQ, ON_RABBITMQ] if takes_long else [RQ, ON_REDIS, ON_RABBITMQ]
        metafunc.parametrize("broker", names, indirect=True)


@pytest.fixture
def broker(
    request: pytest.FixtureRequest,
    backing: Servers,
    database: None,
    setting: Callable[..., None],
) -> Broker:
    """Return the server of an engine, which carries all queues."""
    if request.param == RQ:
        return OfRq(backing.urls["redis"])
    url = (
        f"celery+{backing.urls['redis']}"
        if request.param == ON_REDIS
        else request.getfixturevalue("rabbitmq_url")
    )
    setting(queue_url=url, calls_queue_url=backing.urls["redis"])
    broker = OfCelery(url)
    brokers.empty(broker)
    return broker


@pytest.fixture
def engine(broker: Broker) -> engines.Engine:
    """Return the engine."""
    return engines.of(Queue.STT)
