"""A flood of waiting jobs: those who watch it, Redis and those who submit hardly notice.

Here it is a small one; `FLOOD_JOBS=100000` makes it one of a hundred thousand.
"""

import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable

import pytest
import redis

from app_srvc import db, engines
from app_srvc.accounts import viewing
from app_srvc.engines.protocol import Delivery
from app_srvc.jobs.courier import MOST_AT_ONCE
from app_srvc.jobs.registry import name_of
from app_srvc.queues import Queue
from tests.conftest import Servers
from tests.faults.outcomes import Tell
from tests.support import tasks
from tests.support.accounts import bearer, member
from tests.support.web import Web, send

JOBS = int(os.environ.get("FLOOD_JOBS", "2000"))
# As few as the courier hands over: Redis does nothing else meanwhile.
AT_ONCE = MOST_AT_ONCE
LOOKS = 30
PAGES = ("/ops/", "/jobs/", "/rqmonitor/jobs?queues[]=usrreg&jobstatus[]=queued&start=0&length=50"
         "&draw=1")  # fmt: skip


class Stalls(threading.Thread):
    """Asks Redis all the time whether it is there; `worst` is the longest it took, in ms."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.worst = 0.0
        self.is_over = threading.Event()
        self._client = redis.Redis.from_url(url)

    def run(self) -> None:
        """Ask."""
        while not self.is_over.wait(0.002):
            began = time.perf_counter()
            self._client.ping()
            self.worst = max(self.worst, 1000 * (time.perf_counter() - began))


@pytest.mark.fault("F15")
def test_a_flood_slows_neither_those_who_watch_it_nor_those_who_submit(
    database: None, backing: Servers, setting: Callable[..., None],
    figure: Callable[[str], None], outcome: Tell,
) -> None:  # fmt: skip
    setting(max_queue_depth=1_000_000)
    boss = bearer(member("boss", role="operator"), viewing.OPERATE, viewing.SUBMIT)
    web = Web()
    try:
        submits = p95([submit(web, number) for number in range(LOOKS)])
        flood()
        with_flood = p95([submit(web, number) for number in range(LOOKS, 2 * LOOKS)])
        for page in PAGES:
            look(web, page, boss)
        stalls = Stalls(backing.urls["redis"])
        stalls.start()
        looks = [look(web, page, boss) for _ in range(LOOKS) for page in PAGES]
        stalls.is_over.set()
        stalls.join()
    finally:
        web.stop()
    monitor = p95(looks)
    depth = engines.current().depth(Queue.USRREG)
    figure(
        f"{JOBS} waiting jobs: monitor p95 {monitor:.3f} s, Redis stalled {stalls.worst:.1f} ms,"
        f" submit p95 {1000 * with_flood:.1f} ms, {1000 * submits:.1f} ms without"
    )
    outcome(
        accepted=JOBS + 2 * LOOKS, finished=0, lost=JOBS + 2 * LOOKS - depth,
        more={
            "seconds p95 of the monitor": monitor, "ms Redis stalls": stalls.worst,
            "times p95 of submits": with_flood / submits,
        },
    )  # fmt: skip
    assert depth == JOBS + 2 * LOOKS


def flood() -> None:
    """Let so many jobs wait, in the database and in Redis."""
    known = name_of(tasks.count)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO jobs (id, queue, task, args, title, max_failures, timeout_seconds,"
            " waiting_since) SELECT gen_random_uuid(), 'usrreg', %s, '[]', 'x', 3, 60, now()"
            " FROM generate_series(1, %s) RETURNING id",
            (known, JOBS),
        )
        deliveries = [Delivery(str(one), Queue.USRREG, known, 60) for (one,) in cur.fetchall()]
        # As the server does by itself within a minute: it plans by what it knows of the table.
        cur.execute("ANALYZE jobs")
    for start in range(0, JOBS, AT_ONCE):
        engines.current().enqueue_new(deliveries[start : start + AT_ONCE])


def submit(web: Web, number: int) -> float:
    """Register somebody, and return how long the answer took."""
    profile = {
        "first_name": "Ann", "last_name": "Archer", "login": f"ann{number}",
        "email": f"ann{number}@example.org", "phone": "+380441234567",
    }  # fmt: skip
    request = urllib.request.Request(
        f"{web.url}/userregres/", json.dumps(profile).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )  # fmt: skip
    answer = send(request, 60)
    assert answer.status == 202, answer
    return answer.seconds


def look(web: Web, path: str, boss: dict[str, str]) -> float:
    """Look at a page, and return how long that took."""
    answer = send(urllib.request.Request(web.url + path, headers=boss), 60)
    assert answer.status == 200, (path, answer)
    return answer.seconds


def p95(seconds: list[float]) -> float:
    """Return within how long 95 of 100 were answered."""
    return sorted(seconds)[int(0.95 * len(seconds))]
