"""Real workers on real records: started, watched, killed and stopped."""

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from flask import Flask

from app_srvc import db
from app_srvc.processors.repository import loops
from tests.conftest import Servers
from tests.support.accounts import logged_in, member
from tests.support.pages import token
from tests.support.records import (
    add_processor,
    add_records,
    desired,
    outcomes,
    press,
    start_worker,
    statuses,
    wait_for_status,
)
from tests.support.rows import scalar
from tests.support.workers import Workers, wait_for

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the file in which the handler leaves its lines."""
    return tmp_path / "log"


def lines(log: Path) -> list[str]:
    """Return what the handler has left."""
    return log.read_text().splitlines() if log.exists() else []


def test_a_processor_that_is_started_handles_every_record_once(log: Path, workers: Workers) -> None:
    started = add_processor(
        ["x"] * 50, handler="note", config={"path": str(log)}, batch_size=20, pause_seconds=0
    )
    start_worker(workers)
    start_worker(workers)
    press("start", started)

    wait_for_status("done", 50)
    assert sorted(int(line.split()[0]) for line in lines(log)) == list(range(50))
    wait_for(lambda: scalar("SELECT count(*) FROM cycles WHERE ended_at IS NOT NULL") == 3)
    assert scalar("SELECT sum(done) FROM cycles") == 50


def test_records_that_come_later_are_handled_in_a_later_cycle(workers: Workers) -> None:
    processor_id = add_processor(["x"], pause_seconds=0)
    start_worker(workers)
    press("start", processor_id)
    wait_for_status("done", 1)

    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "WITH added AS (INSERT INTO records (processor_id, source_key)"
            " VALUES (%s, 'late') RETURNING id)"
            " INSERT INTO record_payloads SELECT id, 'text/plain', 'x' FROM added",
            (processor_id,),
        )
    wait_for_status("done", 2)


def test_run_once_is_one_cycle(workers: Workers) -> None:
    processor_id = add_processor(["x"] * 5, batch_size=3, pause_seconds=0)
    start_worker(workers)
    press("run_once", processor_id)

    wait_for(lambda: desired() == "stopped")
    assert statuses() == {"done": 3, "new": 2}
    assert scalar("SELECT cause FROM cycles") == "person"
    press("run_once", processor_id)
    wait_for_status("done", 5)
    wait_for(lambda: desired() == "stopped")
    press("run_once", processor_id)
    wait_for(lambda: desired() == "stopped")
    assert scalar("SELECT count(*) FROM cycles") == 3


def test_a_handler_stuck_in_c_code_is_ended_at_its_time_out(log: Path, workers: Workers) -> None:
    processor_id = add_processor(
        ["stay", "x"], handler="note", config={"path": str(log)}, timeout_seconds=1, parallel=1,
        max_lost=1, on_unknown="retry",
    )  # fmt: skip
    start_worker(workers)
    press("start", processor_id)

    wait_for_status("dead", 1)
    wait_for_status("done", 1)
    assert (
        scalar("SELECT error FROM records WHERE status = 'dead'") == "It took longer than it may."
    )


def test_a_killed_process_is_missed_at_once_and_its_record_is_not_repeated_if_that_may_do_harm(
    log: Path, workers: Workers
) -> None:
    processor_id = add_processor(
        ["sleep 60", "x"], handler="note", config={"path": str(log)}, parallel=1
    )
    start_worker(workers)
    press("start", processor_id)
    wait_for(lambda: lines(log))
    # The call of the first has ended, but nobody knows of it.
    os.kill(int(lines(log)[0].split()[2]), signal.SIGKILL)

    wait_for_status("done", 1)
    assert statuses() == {"uncertain": 1, "done": 1}
    assert outcomes() == ["lost", "done"]


def test_a_killed_workers_record_is_handled_by_another(log: Path, workers: Workers) -> None:
    processor_id = add_processor(
        ["sleep 1"] * 4, handler="note", config={"path": str(log)}, on_unknown="retry"
    )
    first = start_worker(workers, LEASE_SECONDS="3")
    press("start", processor_id)
    wait_for(lambda: lines(log))
    first.kill()
    start_worker(workers, LEASE_SECONDS="3")

    wait_for_status("done", 4)
    keys = [line.split()[1] for line in lines(log)]
    assert len(keys) == 5
    assert len(set(keys)) == 4, "the one that was begun twice had the same key"


def test_a_stop_lets_what_is_in_work_end_and_a_start_goes_on_with_the_rest(
    log: Path, workers: Workers
) -> None:
    processor_id = add_processor(["sleep 1"] * 6, handler="note", config={"path": str(log)})
    start_worker(workers)
    start_worker(workers)
    press("start", processor_id)
    wait_for(lambda: len(lines(log)) >= 2)
    press("stop", processor_id)
    begun = len(lines(log))

    wait_for(lambda: not statuses().get("running") and not statuses().get("queued"))
    wait_for(lambda: scalar("SELECT count(*) FROM cycles WHERE ended_at IS NULL") == 0)
    assert len(lines(log)) == begun == statuses()["done"]
    press("start", processor_id)
    wait_for_status("done", 6)


def test_a_second_stop_gives_back_what_is_in_work(log: Path, workers: Workers) -> None:
    processor_id = add_processor(
        ["sleep 60"], handler="note", config={"path": str(log)}, on_unknown="retry"
    )
    start_worker(workers)
    press("start", processor_id)
    wait_for(lambda: lines(log))
    press("stop", processor_id)
    press("halt", processor_id)

    wait_for_status("new", 1)
    assert scalar("SELECT attempts FROM records") == 0
    assert outcomes() == ["given back"]


def test_a_worker_that_is_told_to_stop_ends_its_record_and_leaves_the_rest_to_others(
    log: Path, workers: Workers
) -> None:
    processor_id = add_processor(
        ["sleep 1"] * 3, handler="note", config={"path": str(log)}, parallel=1
    )
    first = start_worker(workers)
    press("start", processor_id)
    wait_for(lambda: lines(log))
    first.send_signal(signal.SIGTERM)

    first.wait(timeout=60)
    assert statuses() == {"done": 1, "queued": 2}
    start_worker(workers)
    wait_for_status("done", 3)


def test_more_and_fewer_handlers_act_while_it_runs(log: Path, workers: Workers) -> None:
    processor_id = add_processor(
        ["sleep 0.5"] * 40, handler="note", config={"path": str(log)}, parallel=1
    )
    for _ in range(3):
        start_worker(workers)
    press("start", processor_id)
    wait_for(lambda: statuses().get("running") == 1)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE processors SET parallel = 3, version = version + 1")

    wait_for(lambda: statuses().get("running") == 3)
    press("stop", processor_id)


def test_a_destination_that_is_down_is_probed_by_one_record(log: Path, workers: Workers) -> None:
    processor_id = add_processor(
        ["busy"] * 5, handler="note", config={"path": str(log)}, breaker_after=3,
        backoff_seconds=0.2, backoff_cap_seconds=0.5, max_attempts=3, pause_seconds=0, parallel=1,
        on_unknown="retry",
    )  # fmt: skip
    start_worker(workers)
    press("start", processor_id)

    wait_for(lambda: scalar("SELECT probe_at FROM processors") is not None)
    wait_for_status("dead", 5)
    assert scalar("SELECT destination_failures FROM processors") == 15


def test_a_handler_that_fails_unexpectedly_tells_nothing_of_the_record(
    log: Path, workers: Workers, capfd: pytest.CaptureFixture[str]
) -> None:
    processor_id = add_processor(
        ["fault", "wrong"],
        handler="note",
        config={"path": str(log)},
        max_attempts=1,
        on_unknown="retry",
    )
    start_worker(workers)
    press("start", processor_id)

    wait_for_status("dead", 2)
    assert scalar("SELECT error FROM records ORDER BY id LIMIT 1").startswith(
        "The handler failed unexpectedly (KeyError)."
    )
    printed = capfd.readouterr().err
    assert "the handler raised KeyError" in printed
    assert "tests/support/handlers.py" in printed
    assert "secret-detail" not in printed


def test_a_handler_that_is_not_there_pauses_the_processor_and_burns_no_record(
    workers: Workers,
) -> None:
    processor_id = add_processor(["x"], handler="gone")
    start_worker(workers)
    press("start", processor_id)

    wait_for(lambda: desired() == "paused")
    assert scalar("SELECT attempts FROM records") == 0
    with db.transaction() as conn:
        found = loops.get(conn, processor_id)
    assert found is not None
    assert found.reason is not None
    assert "gone" in found.reason


def test_a_record_that_alone_is_not_let_in_holds_the_others_up_once(
    log: Path, workers: Workers
) -> None:
    processor_id = add_processor(
        ["stranger", "x", "x"], handler="note", config={"path": str(log)}, pause_seconds=0,
        on_unknown="retry", parallel=1,
    )  # fmt: skip
    start_worker(workers)
    press("start", processor_id)
    wait_for(lambda: desired() == "paused")
    assert statuses().get("dead") is None
    press("start", processor_id)

    wait_for_status("dead", 1)
    assert statuses() == {"dead": 1, "done": 2}
    assert desired() == "running"
    assert scalar("SELECT error FROM records WHERE status = 'dead'") == "You are not let in."


def test_a_rate_is_kept_by_all_lanes_together(workers: Workers) -> None:
    processor_id = add_processor(["x"] * 12, rate=4.0, parallel=2)
    start_worker(workers)
    start_worker(workers)
    press("start", processor_id)

    wait_for_status("done", 12)
    seconds = scalar(
        "SELECT extract(epoch FROM max(started_at) - min(started_at)) FROM record_attempts"
    )
    assert seconds > 11 / 4 - 0.3


def test_a_loop_whose_workers_are_all_killed_in_its_pause_goes_on_with_the_next_one(
    workers: Workers,
) -> None:
    processor_id = add_processor(["x"], pause_seconds=2)
    for _ in range(2):
        start_worker(workers, LEASE_SECONDS="3")
    press("start", processor_id)
    wait_for(lambda: scalar("SELECT count(*) FROM cycles WHERE ended_at IS NOT NULL"))
    for process in workers.processes:
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()  # First: it would begin another child.
        for child in children:
            with suppress(psutil.NoSuchProcess):  # A child goes with its parent, too.
                child.kill()
        process.wait()
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE records SET source_key = 'before'")
        add_records(conn, processor_id, ["x", "x"])

    start_worker(workers, LEASE_SECONDS="3")
    wait_for_status("done", 3)
    assert desired() == "running"


def test_a_crash_of_the_database_in_the_middle_of_short_records_loses_none(
    backing: Servers, workers: Workers
) -> None:
    processor_id = add_processor(
        ["x"] * 3000, batch_size=500, pause_seconds=0, timeout_seconds=2, lease_seconds=4,
        on_unknown="retry",
    )  # fmt: skip
    for _ in range(2):
        start_worker(workers, LEASE_SECONDS="3")
    press("start", processor_id)
    wait_for(lambda: statuses().get("done", 0) > 300)
    backing.kill("postgresql")
    backing.revive("postgresql")

    wait_for_status("done", 3000)


def test_two_people_who_press_start_at_the_same_moment_start_one_loop(
    app: Flask, workers: Workers
) -> None:
    add_processor(["x"] * 30, handler="log", parallel=1)
    for _ in range(2):
        start_worker(workers)
    moment = threading.Barrier(2)
    answers: list[int] = []

    def person(login: str) -> None:
        client = logged_in(app, member(login, role="operator"))
        data = {"csrf_token": token(client, "/processors/letters")}
        moment.wait()
        answers.append(client.post("/processors/letters/start", data=data).status_code)

    people = [threading.Thread(target=person, args=(login,)) for login in ("olena", "petro")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert answers == [303, 303]
    wait_for_status("done", 30)
    assert scalar("SELECT count(*) FROM processor_audit WHERE action = 'start'") == 1
    assert scalar("SELECT epoch FROM processors") == 1
    assert scalar("SELECT count(*) FROM cycles") == 1
    assert outcomes() == ["done"] * 30
