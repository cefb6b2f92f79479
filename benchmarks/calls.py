"""A quick call through the queue, beside a view of the same application that answers by itself.

    python -m benchmarks.calls [--seconds 3] [--rounds 3] [--processes 4] [--threads 2] [--web 2]
        [--counted]

`hello`, which is volatile, and `fibonacci`, which is recorded in PostgreSQL, in turn with the
direct view, over connections that are kept: milliseconds, requests a second, and whose processor's
time each takes. It fails when a median at one connection is more than 2 ms above that of the direct
view, or 64 connections get through less than 1,000 a second and less than a third of it.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import backing, figures
from tests.support.hammering import run_for
from tests.support.web import Web
from tests.support.workers import Workers, wait_for

CONNECTIONS = (1, 16, 64)
PATHS = {
    "direct": "/direct?name=Ann",
    "hello": "/call/hello?name=Ann",
    "fibonacci": "/call/fibonacci?n=90",
}
WARM_SECONDS = 1.0
COUNTED = "100000000/minute"
MOST_MORE_MS = 2.0
ENOUGH_A_SECOND = 1000.0
ENOUGH_SHARE = 1 / 3


class Measured(NamedTuple):
    """One round: medians are taken over these."""

    p50: float
    p95: float
    a_second: float
    cpu_ms: dict[str, float]


def main() -> None:
    """Measure, print, and end with 1 when a limit is not held."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="cherha-calls-") as home, backing.started(
        Path(home)
    ) as (postgresql, redis):  # fmt: skip
        workers = Workers()
        web = Web(
            "-m", "gunicorn", "benchmarks.direct:create_app()", WEB_PROCESSES=str(options.web),
            CALL_LIMIT="1000", RATE_LIMITS=f"calls={COUNTED if options.counted else 'off'}",
        )  # fmt: skip
        try:
            crew = workers.start(
                "callworker.py", "--processes", str(options.processes),
                "--threads", str(options.threads),
            )  # fmt: skip
            roles = {"web": web.process.pid, "workers": crew.pid, "redis": redis,
                     "postgresql": postgresql}  # fmt: skip
            wait_for(lambda: run_for(web.port, PATHS["hello"], 1, 0).statuses == [200])
            found = _measure(web.port, options, roles)
        finally:
            crew.terminate()
            crew.wait(30)
            workers.stop()
            web.stop()
    figures.end(_report(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--web", type=int, default=2)
    parser.add_argument("--counted", action="store_true", help="with a rate limit that lets all in")
    return parser.parse_args()


def _measure(
    port: int, options: argparse.Namespace, roles: dict[str, int]
) -> dict[tuple[str, int], Measured]:
    rounds: dict[tuple[str, int], list[Measured]] = {}
    for path in PATHS.values():
        run_for(port, path, 16, WARM_SECONDS)
    for _ in range(options.rounds):
        for connections in CONNECTIONS:
            for name, path in PATHS.items():
                before = _cpu_seconds(roles)
                done = run_for(port, path, connections, options.seconds)
                after = _cpu_seconds(roles)
                assert set(done.statuses) == {200}, set(done.statuses)
                cpu = {
                    role: 1000 * (after[role] - before[role]) / len(done.statuses) for role in roles
                }
                rounds.setdefault((name, connections), []).append(
                    Measured(done.percentile(0.5), done.percentile(0.95), done.a_second, cpu)
                )
    return {key: _median(found) for key, found in rounds.items()}


def _median(found: list[Measured]) -> Measured:
    return Measured(
        statistics.median(one.p50 for one in found),
        statistics.median(one.p95 for one in found),
        statistics.median(one.a_second for one in found),
        {role: statistics.median(one.cpu_ms[role] for one in found) for role in found[0].cpu_ms},
    )


def _cpu_seconds(roles: dict[str, int]) -> dict[str, float]:
    """Return what each role has used of the processors, with all its processes."""
    used = {}
    for role, pid in roles.items():
        process = psutil.Process(pid)
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        used[role] = sum(time.user + time.system for time in times)
    return used


def _report(found: dict[tuple[str, int], Measured]) -> list[figures.Figure]:
    """Print it, and return what was agreed about it."""
    print(f"load of the machine: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores")
    print(f"{'':<12}{'connections':>12}{'p50 ms':>9}{'p95 ms':>9}{'a second':>10}  CPU-ms each")
    for (name, connections), one in found.items():
        cpu = ", ".join(f"{role} {ms:.2f}" for role, ms in one.cpu_ms.items())
        print(
            f"{name:<12}{connections:>12}{one.p50:>9.2f}{one.p95:>9.2f}{one.a_second:>10.0f}"
            f"  {sum(one.cpu_ms.values()):.2f}: {cpu}"
        )
    more = found["hello", 1].p50 - found["direct", 1].p50
    many = CONNECTIONS[-1]
    hello, direct = found["hello", many].a_second, found["direct", many].a_second
    enough = min(ENOUGH_A_SECOND, ENOUGH_SHARE * direct)
    return [
        figures.at_most(
            "the call hello at 1 connection, p50", f"{found['hello', 1].p50:.2f} ms", MOST_MORE_MS,
            baseline=f"{found['direct', 1].p50:.2f} ms, a view; so much more:", value=more,
        ),
        figures.at_least(
            f"the call hello at {many} connections", f"{hello:.0f} a second", round(enough),
            baseline=f"{direct:.0f} a second, a view", ratio=hello / direct, value=hello,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
