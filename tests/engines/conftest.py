"""Each engine in turn, with the server behind it."""

from collections.abc import Callable, Iterator

import pytest

from app_srvc import engines
from app_srvc.queues import Queue
from tests.conftest import Servers
from tests.support import brokers, rabbitmq
from tests.support.brokers import Broker, OfCelery, OfRq
from tests.support.workers import Workers


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
        takes_long = {"workers", "worker"} & {*metafunc.fixturenames} and rabbitmq.is_there()
        names = [RQ, ON_RABBITMQ] if takes_long else [RQ, ON_REDIS, ON_RABBITMQ]
        metafunc.parametrize("kind", names, indirect=True)


class Standing:
    """A worker that many tests share, as long as they are about the same engine."""

    def __init__(self) -> None:
        self._serves = ""
        self._workers = Workers()

    def serve(self, url: str) -> Workers:
        """Let it serve this engine, whose URL is that of the settings."""
        if self._serves != url:
            self.stop()
            self._workers.start()
            self._serves = url
        return self._workers

    def stop(self) -> None:
        """End it: it would take what others are to take."""
        self._workers.stop()
        self._workers, self._serves = Workers(), ""


@pytest.fixture(scope="module")
def standing(backing: Servers) -> Iterator[Standing]:
    """Give the one that is shared."""
    standing = Standing()
    yield standing
    standing.stop()


@pytest.fixture(scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    """Return the name of the engine. As it is a module's, all tests with one come together."""
    name: str = request.param
    return name


@pytest.fixture
def alone(request: pytest.FixtureRequest, standing: Standing) -> None:
    """End the worker that is shared, before tables are emptied, if this test is not to share it."""
    if "worker" not in request.fixturenames:
        standing.stop()


@pytest.fixture
def broker(
    request: pytest.FixtureRequest,
    kind: str,
    alone: None,
    database: None,
    setting: Callable[..., None],
) -> Broker:
    """Return the server of an engine, which carries all queues."""
    backing: Servers = request.getfixturevalue("backing")
    if kind == RQ:
        return OfRq(backing.urls["redis"])
    url = (
        f"celery+{backing.urls['redis']}"
        if kind == ON_REDIS
        else request.getfixturevalue("rabbitmq_url")
    )
    setting(queue_url=url, calls_queue_url=backing.urls["redis"])
    broker = OfCelery(url)
    brokers.empty(broker)
    return broker


@pytest.fixture
def worker(broker: Broker, standing: Standing) -> Workers:
    """Return a worker that other tests have used and will."""
    return standing.serve(broker.url)


@pytest.fixture
def engine(broker: Broker) -> engines.Engine:
    """Return the engine."""
    return engines.of(Queue.STT)
