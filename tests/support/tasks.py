"""Tasks that do to a worker what real ones might."""

import ctypes
import hashlib
import os
import re
import sys
import time
from pathlib import Path

from app_srvc import db
from app_srvc.errors import NoTurn, PermanentError, RemoteDown, StorageFull
from app_srvc.jobs import parts, running
from app_srvc.jobs.registry import task
from app_srvc.queues import Queue


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def count(path: str) -> None:
    """Leave a line in a file: so often was the task run."""
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")


@task(Queue.STT_SEGMENTS, max_failures=3, pause_seconds=0.2)
def count_behind(path: str) -> None:
    """Do as `count` does, in a queue that is not the first."""
    count(path)


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def sleep(path: str, seconds: float) -> None:
    """Note the beginning, sleep while reporting progress, note the end if the job is still ours."""
    note(path, "began")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        running.report("sleeping", 1 - left / seconds)
        time.sleep(min(0.05, left))
    with db.transaction() as conn:
        running.hold(conn)
    note(path, "ended")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def sleep_until(path: str, end: str) -> None:
    """Note the beginning, sleep until there is a file `end`, note the end."""
    note(path, "began")
    while not Path(end).exists():
        time.sleep(0.05)
    note(path, "ended")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def stay_in_c(path: str) -> None:
    """Spend minutes in one call into C, during which no signal handler of Python's can run."""
    note(path, "began")
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
    note(path, "ended")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def spin(path: str) -> None:
    """Burn the processor in a regular expression that never ends, with a child that does too."""
    note(path, "began")
    if os.fork() == 0:
        while True:
            pass
    re.match(r"(a+)+$", "a" * 60 + "b")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def end_by_signal(signum: int) -> None:
    """Kill the process that runs it."""
    os.kill(os.getpid(), signum)
    time.sleep(5)


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def crash() -> None:
    """Read what no process may."""
    ctypes.string_at(0)


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def leave() -> None:
    """Exit, as a careless library does."""
    sys.exit(0)


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def fail(path: str) -> None:
    """Raise what nobody expected."""
    note(path, "tried")
    raise ValueError("secret-detail")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def refuse() -> None:
    """Say that it cannot be done."""
    raise PermanentError("The file is no good.")


@task(Queue.STT, max_failures=1, pause_seconds=0.2)
def fill_disk() -> None:
    """Find no room left, as a task does that stores something."""
    raise StorageFull


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def ask_database(path: str) -> None:
    """Use the database, as tasks do between their steps."""
    note(path, "tried")
    for _ in range(40):
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("SELECT 1")
        time.sleep(0.05)
    note(path, "ended")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def spread(job_id: str, path: str, count: int) -> None:
    """Hand the job over to so many parts."""
    note(path, "began")
    with db.transaction() as conn:
        parts.hand_over(conn)
        for _ in range(count):
            parts.add(conn, job_id, do_part, job_id, path, timeout_seconds=60)


@task(Queue.STT_SEGMENTS, max_failures=2, pause_seconds=0.0)
def do_part(whole: str, path: str) -> None:
    """Do one of three shares, and end the whole with the last."""
    note(path, "part")
    done = Path(path).read_text().count("part")
    parts.report(whole, "sharing", done / 3)
    with db.transaction() as conn:
        attempt = parts.lock(conn, whole)
        if attempt is not None and done >= 3:
            parts.finish(conn, whole, attempt)


@task(Queue.STT_SEGMENTS, max_failures=2, pause_seconds=0.0)
def fail_part() -> None:
    """Be unable to do a share."""
    raise PermanentError("Its share is no good.")


def note(path: str, word: str) -> None:
    """Add a line to a file that a test reads."""
    with Path(path).open("a") as file:
        file.write(f"{word}\n")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def count_slowly(path: str, seconds: float) -> None:
    """Note the beginning, sleep without a word to the database, note the end."""
    note(path, "began")
    time.sleep(seconds)
    note(path, "ended")


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def get_no_turn() -> None:
    """Find as many calls under way as are allowed."""
    raise NoTurn("Too many questions are with the oracle just now.", 600)


@task(Queue.STT, max_failures=3, pause_seconds=0.2)
def ask_in_vain(pause_seconds: float | None) -> None:
    """Ask a service that does not answer, and perhaps says when to come again."""
    raise RemoteDown("The oracle does not answer.", pause_seconds)
