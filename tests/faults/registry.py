"""The faults that the product is put through, and what it has to hold of each.

A test says with `@pytest.mark.fault("F1")` which of them it is a run of, and tells by the fixture
`outcome` what came out. `make test` runs each once; `python -m tests.faults` several times, and
writes what came out as a table.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

NOTICED = "seconds"
# Read from the environment: how often each test is run, when the time for it is over, and of which
# faults, all if none is named.
RUNS, UNTIL, ONLY = "FAULT_RUNS", "FAULTS_UNTIL", "FAULT_ONLY"
# Runs that measure how quickly something happens: with others beside them they would measure those.
BY_ITSELF = frozenset({"F8", "F15"})
# The files whose tests take longest, so that none of them is begun last and left alone.
LONGEST = (
    "test_worker_faults.py", "test_fault_run.py", "test_server_faults.py", "test_records_run.py",
    "test_rabbitmq_run.py", "test_registration_faults.py", "test_spread_run.py",
)  # fmt: skip


class Fault(NamedTuple):
    """A fault; `most` has what is measured of it, and the most that it may be; what
    no limit was agreed for may be anything.

    `seconds` is the time until somebody sees that the work goes on, or has failed.
    """

    what: str
    most: Mapping[str, float] = {}


FAULTS: Mapping[str, Fault] = {
    "F1": Fault("a worker is killed (SIGKILL) in the middle of a job", {NOTICED: 30}),
    "F2": Fault("the process in which a worker runs a job is killed", {NOTICED: 2}),
    "F3": Fault("workers die between taking a job from Redis and beginning it"),
    "F4": Fault("Redis is killed and restarted under 50 jobs a second", {NOTICED: 10}),
    "F5": Fault("Redis is down, or hangs, when work is submitted", {NOTICED: 1}),
    "F6": Fault("PostgreSQL is away when work is submitted, and when a job ends", {NOTICED: 60}),
    "F7": Fault("no room: the disk of files is full, and Redis is"),
    "F8": Fault(
        "a job that ends its process each time, or that nobody can read",
        {"seconds others waited": 5},
    ),
    "F9": Fault("a job is delivered twice, taken for lost while it runs, met by a fast clock"),
    "F10": Fault("what records the outcome raises, or hangs with its database"),
    "F11": Fault("a job is stopped while it waits, runs, runs in C, has just ended", {NOTICED: 2}),
    "F12": Fault(
        "50 clients send a byte a second; uploads are broken off", {"times p95 of others": 2}
    ),
    "F13": Fault(
        "bombs: zip, XML, a picture and a recording that unfold", {NOTICED: 10, "MB more": 150}
    ),
    "F14": Fault("a deploy: SIGTERM to all workers, SIGKILL while jobs run"),
    "F15": Fault(
        "a flood of waiting jobs",
        {"seconds p95 of the monitor": 0.5, "ms Redis stalls": 20, "times p95 of submits": 2},
    ),
    "uploads": Fault("everything that can die dies while files are uploaded"),
    "broker": Fault(
        "RabbitMQ is killed, or silent for 20 s, and workers die, with files under way"
    ),
    "spread": Fault("a worker is killed every 5 s while long recordings are shared"),
    "records": Fault("workers die at each step of a record, whose service fails in every way"),
    "registrations": Fault(
        "PostgreSQL is away and workers die while people register", {"mails sent again": math.inf}
    ),
    "calls": Fault("a worker, Redis and a web process die in a burst of quick calls"),
    "pieces": Fault("the web dies, the sender dawdles, PostgreSQL is away: uploads in pieces"),
    "bucket": Fault("the S3 server and the web die with files under way"),
}
