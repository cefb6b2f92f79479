"""Accepted registrations beside a plain view that enqueues with rq's defaults and stores nothing.

    python -m benchmarks.registration [--requests 1000] [--clients 16]

Both are served by gunicorn with one process and the same threads, in turn, on the same Redis;
nobody works on the queues meanwhile. Ours checks each field, and has each registration and its job
on the disk before it answers.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import figures
from tests.support.product import Product, free_port
from tests.support.workers import ROOT, wait_for

ROUNDS = 5
WARM_UP = 100
LIMIT = 0.5


class Round(NamedTuple):
    """What clients saw: accepted requests a second, and the 95th percentile of seconds."""

    rate: float
    p95: float


def main() -> None:
    """Measure both in turn, print a table, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="in each of the rounds")
    parser.add_argument("--clients", type=int, default=16, help="at once")
    parser.add_argument("--load", nargs=2, metavar=("PORT", "PREFIX"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        seconds = load(int(options.load[0]), options.load[1], options.requests, options.clients)
        print(json.dumps(seconds))
        return
    with tempfile.TemporaryDirectory(prefix="cherha-registration-") as folder:
        product = Product(Path(folder) / "home", workers=1, LOG_LEVEL="WARNING",
                          MAX_QUEUE_DEPTH="1000000")  # fmt: skip
        product.start()
        try:
            idle = [*product.find("worker"), *product.find("registrar")]
            for worker in idle:
                worker.suspend()
            plain = Plain(product.address_of("redis"))
            try:
                ours, theirs = measure(product, plain, options)
            finally:
                plain.stop()
                for worker in idle:
                    worker.resume()
        finally:
            product.stop()
    figures.end([
        figures.at_least(
            f"accepted registrations, {options.clients} clients at once",
            f"{ours.rate:.0f} a second", LIMIT,
            baseline=f"{theirs.rate:.0f} a second, a view that records nothing",
            ratio=ours.rate / theirs.rate,
        ),
        figures.Figure(
            "the same, p95", f"{ours.p95 * 1000:.0f} ms", f"{theirs.p95 * 1000:.0f} ms",
            ours.p95 / theirs.p95,
        ),
    ])  # fmt: skip


class Plain:
    """The plain view, served as ours is."""

    def __init__(self, redis: str) -> None:
        self.port = free_port()
        command = [
            sys.executable, "-W", "ignore", "-m", "gunicorn", "--config", "/dev/null",
            "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "400",
            "--no-control-socket", "--log-level", "error", "benchmarks.plain:app",
        ]  # fmt: skip
        env = os.environ | {"PLAIN_QUEUE_URL": redis}
        self.process = subprocess.Popen(command, cwd=ROOT, env=env)
        wait_for(self.answers)

    def answers(self) -> bool:
        """Say whether it is there."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


def measure(product: Product, plain: Plain, options: argparse.Namespace) -> tuple[Round, Round]:
    """Return the medians of some rounds of each, in turn."""
    ours: list[Round] = []
    theirs: list[Round] = []
    for number in range(ROUNDS + 1):
        requests = options.requests if number else WARM_UP
        for port, rounds in ((product.port, ours), (plain.port, theirs)):
            found = ask(port, f"a{number}", requests, options.clients)
            if number:
                rounds.append(found)
    return middle(ours), middle(theirs)


def middle(rounds: list[Round]) -> Round:
    """Return the median of each figure."""
    return Round(*(statistics.median(values) for values in zip(*rounds, strict=True)))


def ask(port: int, prefix: str, requests: int, clients: int) -> Round:
    """Let another process send registrations, and return what it saw."""
    command = [
        sys.executable, "-W", "ignore", "-m", "benchmarks.registration", "--load", str(port),
        prefix, "--requests", str(requests), "--clients", str(clients),
    ]  # fmt: skip
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    whole, seconds = json.loads(told)
    return Round(len(seconds) / whole, sorted(seconds)[int(0.95 * len(seconds))])


def load(port: int, prefix: str, requests: int, clients: int) -> tuple[float, list[float]]:
    """Send registrations over so many connections; return the time in all, and of each."""
    left = iter(range(requests))
    lock = threading.Lock()
    seconds: list[float] = []

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            seconds.append(register(connection, f"{prefix}{number}"))

    began = time.monotonic()
    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seconds) == requests, "some were refused"
    return time.monotonic() - began, seconds


def register(connection: http.client.HTTPConnection, login: str) -> float:
    """Send one registration and return how long its answer took."""
    body = json.dumps({
        "first_name": "Ann", "last_name": "Archer", "login": login,
        "email": f"{login}@example.org", "phone": "+380441234567",
    })  # fmt: skip
    began = time.monotonic()
    connection.request("POST", "/userregres/", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    assert answer.status in {200, 202}, told
    return time.monotonic() - began


if __name__ == "__main__":
    main()
