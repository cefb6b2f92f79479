"""Jobs of procrastinate that do nothing, and workers that do them.

python -m benchmarks.procrastinating DATABASE_URL WORKERS AT_ONCE
"""

import asyncio
import multiprocessing
import signal
import sys
from contextlib import suppress
from typing import Any

import procrastinate
import psycopg

HELD, OPEN = "held", "open"
# It is told of a new job by the server, and looks so often otherwise; its own default is 5 s.
LOOK_SECONDS = 0.2


def app(url: str) -> procrastinate.App:
    """Return procrastinate with its one task."""
    made = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    async def nothing(number: int) -> None:
        """Do nothing."""

    made.task(name="nothing")(nothing)
    return made


def hold(url: str, count: int) -> None:
    """Write so many jobs that no worker looks for yet."""

    async def write() -> None:
        made = app(url)
        async with made.open_async():
            if not await made.check_connection_async():
                await made.schema_manager.apply_schema_async()
            deferrer = made.configure_task("nothing", queue=HELD, allow_unknown=True)
            for start in range(0, count, 1000):
                numbers = range(start, min(start + 1000, count))
                given: list[dict[str, Any]] = [{"number": number} for number in numbers]
                await deferrer.batch_defer_async(*given)

    asyncio.run(write())
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE procrastinate_jobs")


def release(url: str) -> None:
    """Let workers see them, all at once."""
    with psycopg.connect(url) as conn:
        conn.execute(
            "UPDATE procrastinate_jobs SET queue_name = %s WHERE queue_name = %s", (OPEN, HELD)
        )


def forget(url: str) -> None:
    """Remove all jobs and workers."""
    with psycopg.connect(url) as conn:
        conn.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_workers"
                     " CASCADE")  # fmt: skip


def work(url: str, at_once: int) -> None:
    """Be a worker."""

    async def run() -> None:
        made = app(url)
        async with made.open_async():
            await made.run_worker_async(
                queues=[OPEN], concurrency=at_once, fetch_job_polling_interval=LOOK_SECONDS
            )

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


def main() -> None:
    """Start workers, and end them with this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    url, workers, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    processes = [
        multiprocessing.Process(target=work, args=(url, at_once), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main()
