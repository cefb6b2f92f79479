"""Forks are kept apart from the work of other threads."""

import threading

from app_srvc.jobs.gate import Gate
from tests.support.workers import wait_for


def test_threads_work_side_by_side() -> None:
    gate = Gate()
    both = threading.Barrier(2)

    def work() -> None:
        with gate.working():
            both.wait(60)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken


def test_a_fork_waits_for_work_and_work_for_the_fork() -> None:
    gate, seen = Gate(), list[str]()
    at_work, may_end = threading.Event(), threading.Event()

    def work_long() -> None:
        with gate.working():
            at_work.set()
            may_end.wait(60)
            seen.append("worked")

    def fork() -> None:
        with gate.forking():
            seen.append("forked")

    def work_later() -> None:
        with gate.working():
            seen.append("worked later")

    threads = [threading.Thread(target=work_long)]
    threads[0].start()
    at_work.wait(60)
    threads.append(threading.Thread(target=fork))
    threads[1].start()
    wait_for(lambda: gate._is_forking)
    threads.append(threading.Thread(target=work_later))
    threads[2].start()
    may_end.set()
    for thread in threads:
        thread.join()
    assert seen == ["worked", "forked", "worked later"]
