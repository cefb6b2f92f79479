"""rqmonitor: every page and list of it, with a hundred jobs in rq's registries and with very many.

    python -m benchmarks.monitor [--jobs 100000] [--rounds 15]

Two web processes on two Redis servers are asked in turn; compared is the quickest answer of each,
so that nothing else that the machine does is counted. So many jobs have finished and so many have
failed, each with its result; lists are asked for their first page and for one deep inside.
"""

import argparse
import http.client
import os
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import redis
from rq.job import Job, JobStatus
from rq.results import Result
from rq.serializers import JSONSerializer

from app_srvc import db, migrate, settings
from app_srvc.accounts import secret, viewing
from app_srvc.accounts.repository import tokens
from app_srvc.launching import servers
from benchmarks import figures
from tests.support.accounts import member
from tests.support.web import Web

FEW = 100
LIMIT = 10.0
AT_ONCE = 2000
TOKEN = viewing.TOKEN_PREFIX + "benchmark"
TRACEBACK = "Traceback (most recent call last):\n" + '  File "x.py", line 1, in y\n' * 20
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}


class Side:
    """A Redis server with so many jobs of each kind, and a web process that shows them."""

    def __init__(self, home: Path, count: int) -> None:
        home.mkdir()
        self.server = servers.redis_server(home, servers.run_folder(home))
        self.child = self.server.child()
        self.child.start()
        assert self.child.wait_until(self.server.is_ready, 60)
        self.count = count
        began = time.monotonic()
        with redis.Redis.from_url(self.server.url) as client:
            client.sadd("rq:queues", "rq:queue:stt")
            for status in (JobStatus.FINISHED, JobStatus.FAILED):
                for start in range(0, count, AT_ONCE):
                    fill(client, status, range(start, min(count, start + AT_ONCE)))
        print(f"({count} jobs of each kind in {time.monotonic() - began:.0f} s)", flush=True)
        self.web = Web(QUEUE_URL=self.server.url, LOG_LEVEL="WARNING")
        self.line = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=120)

    def get(self, path: str) -> float:
        """Return how long an answer took, in seconds."""
        began = time.monotonic()
        self.line.request("GET", path, headers=HEADERS)
        answer = self.line.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body)
        return time.monotonic() - began

    def stop(self) -> None:
        """End the web process and the server."""
        self.line.close()
        self.web.stop()
        self.child.signal()
        self.child.wait(60)


def fill(client: redis.Redis, status: JobStatus, numbers: range) -> None:
    """Write jobs as a worker leaves them."""
    with client.pipeline(transaction=False) as pipeline:
        for number in numbers:
            job = Job.create(
                "x.y", args=(number,), id=f"{status.value}-{number}", connection=client,
                origin="stt", status=status, serializer=JSONSerializer,
            )  # fmt: skip
            job.save(pipeline)
            kind = Result.Type.FAILED if status == JobStatus.FAILED else Result.Type.SUCCESSFUL
            exc_string = TRACEBACK if status == JobStatus.FAILED else None
            Result.create(job, kind, ttl=86400, exc_string=exc_string, pipeline=pipeline)
            pipeline.zadd(f"rq:{status.value}:stt", {job.id: time.time() + 86400 + number})
        pipeline.execute()


def addresses(count: int) -> dict[str, str]:
    """Return every page and list that is looked at, by what it is."""
    found = {
        "the page": "", "table of queues": "queues_dashboard", "of workers": "workers_dashboard",
        "of jobs": "jobs_dashboard", "queues": "queues", "workers": "workers",
        "ticks for queues": "queues/sidebar", "memory": "redis/memory",
        "page of a job": "job/failed-1",
    }  # fmt: skip
    every = ["queued", "finished", "failed", "started", "deferred", "scheduled"]
    for statuses, said in ((["finished"], "finished"), (["failed"], "failed"), (every, "all")):
        total = count * (2 if statuses == every else 1)
        for start, where in ((0, "first"), (total // 2, "middle"), (total - 50, "last")):
            query = [("queues[]", "stt"), *(("jobstatus[]", status) for status in statuses)]
            query += [("start", str(start)), ("length", "50"), ("draw", "1")]
            found[f"{said}, {where} page"] = f"jobs?{urlencode(query)}"
    return found


def compare(few: Side, many: Side, rounds: int) -> list[float]:
    """Ask both for everything, print how long that took, and return the ratios."""
    ratios = []
    of_many = addresses(many.count)
    for what, path in addresses(few.count).items():
        paths = ((few, f"/rqmonitor/{path}"), (many, f"/rqmonitor/{of_many[what]}"))
        times = [[side.get(path) for side, path in paths] for _ in range(rounds)]
        small, large = (1000 * min(column) for column in zip(*times, strict=True))
        ratios.append(large / small)
        over = "  over" if ratios[-1] > LIMIT else ""
        print(f"{what:22} {small:6.1f} ms {large:6.1f} ms  {ratios[-1]:5.2f}{over}", flush=True)
    return ratios


def main() -> None:
    """Measure all, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-monitor-") as folder:
        home = Path(folder)
        os.environ.update(
            QUEUE_URL="redis://nowhere", STORAGE_URL=(home / "files").as_uri(),
            SECRET_KEY="a key for this benchmark", LOG_LEVEL="WARNING",
        )  # fmt: skip
        server = servers.postgresql(home, servers.run_folder(home), "fsync=off")
        child = server.child()
        child.start()
        assert child.wait_until(server.is_ready, 60)
        sides = list[Side]()
        try:
            prepare(server)
            sides += [Side(home / "few", FEW)]
            sides += [Side(home / "many", options.jobs)]
            few, many = sides
            ratios = compare(few, many, options.rounds)
        finally:
            for side in sides:
                side.stop()
            child.signal()
            child.wait(60)
    figures.end([
        figures.at_most(
            f"rqmonitor's slowest page or list, {options.jobs:,} jobs of each kind",
            f"{max(ratios):.2f} times", LIMIT, baseline=f"{FEW} jobs", ratio=max(ratios),
        )
    ])  # fmt: skip


def prepare(server: servers.Server) -> None:
    """Make the database, with an operator's token in it."""
    servers.create_database(server)
    os.environ["DATABASE_URL"] = server.url
    settings.load.cache_clear()
    migrate.migrate()
    user_id = member("olena", role="operator")
    with db.transaction() as conn:
        tokens.add(
            conn, user_id, user_id, name="benchmark", token_hash=secret.digest(TOKEN),
            scopes=[viewing.OPERATE], days=None,
        )  # fmt: skip


if __name__ == "__main__":
    main()
