"""The process that runs a worker's jobs, and when another one takes its place."""

import json
import subprocess
import sys

from tests.support.workers import PATIENCE_SECONDS, ROOT

# Outside this process, which has threads.
SCRIPT = """
import json, select, threading, time
from app_srvc.engines import child
from app_srvc.jobs.attendance import Attendance

kept = []

def run(told):
    if told == b"thread":
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        return b"begun"
    kept.append(b"x" * int(told))
    return b"done with " + told

def begin():
    return child.Child(Attendance("a", []), run)

def let_run(one, size):
    one.begin(size)
    while one.said() is None and not one.is_gone():
        select.select([one], [], [], 1)
    return one.said()

told = {}
first = begin()
told["answers"] = [let_run(first, b"1").decode(), let_run(first, b"2").decode()]
told["asked again"] = first.said().decode()
told["is used up"] = [first.is_used_up()]
let_run(first, b"200000000")
told["is used up"].append(first.is_used_up())
first.bury()

child.MOST_JOBS = 2
second = begin()
for _ in range(2):
    told["is used up"].append(second.is_used_up())
    let_run(second, b"1")
told["is used up"].append(second.is_used_up())
second.bury()

third = begin()
let_run(third, b"thread")
told["is used up"].append(third.is_used_up())
third.bury()

third = begin()
third.kill()
told["of a dead one"] = let_run(third, b"1")
told["is used up"].append(third.is_used_up())
third.bury()
print(json.dumps(told))
"""


def test_it_lives_on_until_it_has_done_much_or_grown_or_left_a_thread_or_died() -> None:
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "answers": ["done with 1", "done with 2"],
        "asked again": "done with 2",
        "is used up": [False, True, False, False, True, True, True],
        "of a dead one": None,
    }
