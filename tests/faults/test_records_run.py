"""Records to a service that fails in every way, by workers that die wherever they can."""

import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from app_srvc import db
from app_srvc.processors.repository import intake, loops
from tests.faults.outcomes import Tell
from tests.support.asking import ask, count
from tests.support.dying import POINTS
from tests.support.product import Product
from tests.support.receiver import REFUSED, Receiver
from tests.support.workers import Workers, wait_for

RECORDS = int(os.environ.get("RECORDS", "300"))
# So many wait at any time, as long as workers are to die.
AHEAD = 60
# Of a record: a worker that is frozen for longer has lost it.
TIMEOUT_SECONDS, LEASE_SECONDS = 2, 3
ENDED = ("done", "dead", "uncertain")


@pytest.fixture
def product() -> Iterator[Product]:
    """Start all of it, with workers that are missed soon."""
    with tempfile.TemporaryDirectory(prefix="cherha-records-") as home:
        product = Product(Path(home), workers=1, LEASE_SECONDS="3", RECORD_WORKERS="3")
        product.start()
        yield product
        product.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Start the service."""
    receiver = Receiver(hang_seconds=TIMEOUT_SECONDS + 1)
    yield receiver
    receiver.close()


@pytest.fixture
def dying(product: Product) -> Iterator[Workers]:
    """Give a way to start workers that die."""
    workers = Workers()
    yield workers
    workers.stop()


@contextlib.contextmanager
def database(product: Product) -> Iterator[db.Connection]:
    """Lend a connection to the product's database."""
    conn = psycopg2.connect(product.address_of("postgresql"), connection_factory=db.Connection)
    try:
        with conn:
            yield conn
    finally:
        conn.close()


class Feed:
    """Two processors that send records to the service, and records for them as there is need."""

    def __init__(self, product: Product, url: str) -> None:
        self.product = product
        self.count = 0
        # Of the one, what may have been done is sent again; of the other it is left to a person.
        self.processors = [self._add(url, "again", "retry"), self._add(url, "parked", "park")]

    def give(self, records: int) -> None:
        """Take more records in: one of seven is for the processor that repeats nothing."""
        with database(self.product) as conn:
            for number in range(self.count, self.count + records):
                processor_id = self.processors[number % 7 == 3]
                intake.add(conn, processor_id, intake.NewRecord(f"{number}", "text/plain", b"x"))
        self.count += records

    def keep_going(self) -> bool:
        """See to it that there is always something to do, and say that it is not over."""
        if left(self.product) in range(AHEAD):
            self.give(AHEAD)
        return False

    def _add(self, url: str, name: str, on_unknown: str) -> int:
        config = {"url": f"{url}/{{{{ record.source_key }}}}", "private": True,
                  "idempotent": True, "read_seconds": TIMEOUT_SECONDS / 2}  # fmt: skip
        with database(self.product) as conn:
            processor_id = loops.add(conn, name, name, "http")
            with conn.cursor() as cur:
                cur.execute(
                    "UPDATE processors SET config = %s, on_unknown = %s, timeout_seconds = %s,"
                    " lease_seconds = %s, pause_seconds = 0, batch_size = 50, parallel = 6,"
                    " backoff_seconds = 0.2, backoff_cap_seconds = 1, max_attempts = 20,"
                    " max_lost = 20, breaker_after = 1000 WHERE id = %s",
                    (json.dumps(config), on_unknown, TIMEOUT_SECONDS, LEASE_SECONDS, processor_id),
                )
            assert processor_id is not None
            loops.start(conn, processor_id)
        return processor_id


@pytest.mark.fault("records")
@pytest.mark.timeout(1200)
def test_no_record_is_lost_and_none_takes_effect_twice(
    product: Product,
    receiver: Receiver,
    dying: Workers,
    figure: Callable[[str], None],
    outcome: Tell,
) -> None:
    feed = Feed(product, receiver.url)
    feed.give(AHEAD)
    for point in POINTS:
        die_at(feed, dying, point)
    feed.give(max(AHEAD, RECORDS - feed.count))
    kill_from_outside(product)

    try:
        wait_for(lambda: left(product) == 0, 600)
    finally:
        print(*product.lines, sep="\n")  # Shown when the test fails.
    total = {end: int(str(count(product, f"status = '{end}'", "records"))) for end in ENDED}
    late = count(product, "starts_with(outcome, 'late')", "record_attempts")
    rows = ask(product, "SELECT idem_key, source_key, status FROM records")
    lost = feed.count - sum(total.values())
    effects = {receiver.effects[str(key)] for key, _number, status in rows if status == "done"}
    figure(
        f"records {feed.count}, done {total['done']}, dead {total['dead']}, uncertain"
        f" {total['uncertain']}, lost {lost}, effects per key {sorted(effects)}, late reports"
        f" rejected {late}; {receiver.calls.total()} calls, {receiver.overlaps} overlaps"
    )
    outcome(
        accepted=feed.count, finished=total["done"], failed=total["dead"] + total["uncertain"],
        lost=lost, twice=sum(times - 1 for times in receiver.effects.values() if times > 1),
    )  # fmt: skip
    assert lost == 0
    assert effects == {1}
    assert set(receiver.effects.values()) == {1}
    assert int(str(late)) >= 1
    for _key, number, status in rows:
        is_refused = str(number).endswith(REFUSED)
        assert (status == "dead") == is_refused or status == "uncertain", (number, status)
    assert not ask(
        product, "SELECT FROM records JOIN processors ON processors.id = processor_id"
        " WHERE status = 'uncertain' AND on_unknown = 'retry'"
    )  # fmt: skip


def die_at(feed: Feed, dying: Workers, point: str) -> None:
    """Let a worker die at a point of its work, or freeze until it has lost its record."""
    product = feed.product
    flag = product.home / point.replace(" ", "-")
    env = product.env | {
        "DATABASE_URL": product.address_of("postgresql"),
        "QUEUE_URL": product.address_of("redis"),
        "STORAGE_URL": (product.home / "files").as_uri(),
        "SECRET_KEY": (product.home / "secret-key").read_text(),
        "LEASE_SECONDS": "3",
    }
    process = dying.start("-m", "tests.support.dying", point, str(flag), **env)
    wait_for(lambda: flag.exists() or feed.keep_going())
    if point.startswith("frozen"):
        time.sleep(LEASE_SECONDS + 1)
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(flag.read_text()), signal.SIGCONT)
        time.sleep(1)
    process.kill()


def kill_from_outside(product: Product) -> None:
    """Kill what can be killed, while the work goes on."""
    for _round in range(2):
        workers = [child for crew in product.find("clerk") for child in crew.children()]
        workers[0].kill()
        for horse in workers[1].children():
            horse.kill()
        time.sleep(1)
    product.kill("clerk")
    time.sleep(1)
    with redis.Redis.from_url(product.address_of("redis")) as client:
        for queue in ("cycles", "records"):
            twice = client.lrange(f"rq:queue:{queue}", 0, -1)
            if twice:
                client.rpush(f"rq:queue:{queue}", *twice)
        client.flushall()
    time.sleep(1)
    product.kill("redis")
    time.sleep(1)
    product.kill("postgresql", signal.SIGQUIT)
    wait_for(product.is_ready)


def left(product: Product) -> object:
    """Return how many records have not ended; -1 while the database is away."""
    return count(product, "status NOT IN ('done', 'dead', 'uncertain')", "records")
