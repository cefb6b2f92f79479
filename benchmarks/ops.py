"""The overview: its page and its JSON, with a hundred ended jobs and with two hundred thousand.

    python -m benchmarks.ops [--ended 100000] [--rounds 30]

Two web processes on two databases of one server are asked in turn; compared is the quickest answer
of each, so that nothing else that the machine does is counted. As many jobs have finished as have
failed, over a year, a day and five minutes: the shorter, the more of them each window has.
"""

import argparse
import os
import tempfile
from pathlib import Path

from app_srvc.launching import servers
from app_srvc.launching.supervising import Child
from app_srvc.queues import Queue
from benchmarks import figures
from benchmarks.figures import Figure
from benchmarks.people import Side

FEW = 100
LIMIT = 10.0
PAGES = ("/ops/", "/api/ops")
SPANS = ("365 days", "1 day", "5 minutes")

# Of every queue, and for twenty reasons of which some are common; a day of samples.
_FILL = """
    TRUNCATE jobs CASCADE;
    INSERT INTO jobs (id, queue, task, args, title, state, reason, max_failures, timeout_seconds,
        attempt, created_at, waiting_since, started_at, taken_at, ended_at)
    SELECT gen_random_uuid(), (%(queues)s::text[])[1 + number %% %(count)s], 'speech.transcribe',
        '["an id"]', 'Recording ' || number || '.flac', state,
        CASE WHEN state = 'failed' THEN 'Reason ' || floor(20 * random() ^ 3) || ': it is so.' END,
        3, 600, 1, at - interval '90 seconds', at - interval '90 seconds',
        at - interval '60 seconds', at - interval '60 seconds', at
    FROM generate_series(1, %(ended)s) AS number, unnest(ARRAY['finished', 'failed']) AS state,
        LATERAL (SELECT now() - number * %(span)s::interval / %(ended)s AS at) AS times;
    INSERT INTO ops_samples SELECT queue, date_trunc('minute', now()) - n * interval '1 minute',
        n %% 50, n %% 3, n, n %% 20, n %% 4
    FROM generate_series(0, 1439) AS n, unnest(%(queues)s) AS queue ON CONFLICT DO NOTHING;
"""


def main() -> None:
    """Measure all, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ended", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cherha-ops-") as folder:
        home = Path(folder)
        run = servers.run_folder(home)
        started: list[Child] = []
        server = servers.postgresql(home, run, "fsync=off", "full_page_writes=off")
        queue_server = servers.redis_server(home, run)
        os.environ.update(
            QUEUE_URL=queue_server.url, STORAGE_URL=(home / "files").as_uri(),
            SECRET_KEY="a key for this benchmark", LOG_LEVEL="WARNING",
        )  # fmt: skip
        try:
            for one in (server, queue_server):
                started.append(one.child())
                started[-1].start()
                assert started[-1].wait_until(one.is_ready, 60)
            found = _compare(server, options.ended, options.rounds)
        finally:
            for child in reversed(started):
                child.signal()
                child.wait(60)
    figures.end(found)


def _compare(server: servers.Server, ended: int, rounds: int) -> list[Figure]:
    """Ask both for every page, and return how long that took."""
    few, many = Side(server, FEW), Side(server, FEW + 1)
    found = []
    try:
        for span in SPANS:
            for side, number in ((few, FEW), (many, ended)):
                _fill(side, number, span)
            for side in (few, many):
                side.get("/ops/", "*/*")  # The first answer loads what all others need.
            for path in PAGES:
                times = [[side.get(path, "*/*")[0] for side in (few, many)] for _ in range(rounds)]
                small, large = (1000 * min(column) for column in zip(*times, strict=True))
                what = f"{path}, {2 * ended:,} jobs ended within {span}"
                beside = f"{small:.1f} ms with {2 * FEW}"
                found.append(
                    figures.at_most(
                        what, f"{large:.1f} ms", LIMIT, baseline=beside, ratio=large / small
                    )
                )
    finally:
        few.stop()
        many.stop()
    return found


def _fill(side: Side, ended: int, span: str) -> None:
    with side.conn.cursor() as cur:
        values = {"queues": list(Queue), "count": len(Queue), "ended": ended, "span": span}
        cur.execute(_FILL, values)
        cur.execute("VACUUM (ANALYZE) jobs")
    # The web has closed it meanwhile, as nobody asked for anything.
    side.line.close()


if __name__ == "__main__":
    main()
