"""What rqmonitor's buttons do: to rq, and to our rows, which are the truth."""

import logging

import pytest
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.jobs import wakeups
from app_srvc.jobs.repository import changes, deliveries
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from tests.monitor.support import STATUSES, Cast, act, ask, listed, queue, raw
from tests.support import tasks
from tests.support.submitting import submit
from tests.support.workers import Workers, job, wait_for, wait_for_end, wait_for_state

TICKED = {"queues[]": [Queue.STT]}


def known(job_id: str) -> bool:
    """Say whether rq still knows a job, in whichever list of it."""
    with raw() as client:
        entries = client.lrange("rq:queue:stt", 0, -1)
        for name in ("wip", "finished", "failed", "deferred", "scheduled", "canceled"):
            entries += client.zrange(f"rq:{name}:stt", 0, -1)
        kinds = ("job", "results", "executions")
        keys = [key for kind in kinds for key in client.keys(f"rq:{kind}:{job_id}*")]
    return bool(keys) or any(entry.startswith(job_id.encode()) for entry in entries)


def test_cancel_takes_a_waiting_job_out_of_the_queue(boss: FlaskClient) -> None:
    job_id = submit(tasks.refuse)

    assert act(boss, "jobs/cancel", job_id=job_id).status_code == 200
    assert job(job_id).state == State.CANCELLED
    assert not known(job_id)


def test_cancel_stops_a_running_job(boss: FlaskClient, cast: Cast) -> None:
    assert act(boss, "jobs/cancel", job_id=cast.started).status_code == 200

    assert wait_for_end(cast.started).state == State.CANCELLED
    assert wait_for_end(cast.queued).state == State.FINISHED
    with open(cast.path) as log:
        assert "ended" not in log.read()


def test_what_has_ended_cannot_be_cancelled(boss: FlaskClient, cast: Cast) -> None:
    for job_id in (cast.finished, cast.failed):
        answer = act(boss, "jobs/cancel", job_id=job_id)
        assert answer.status_code == 409
        assert answer.json == {"message": "The job has already ended.", "traceback": ""}
    assert job(cast.finished).state == State.FINISHED
    assert job(cast.failed).state == State.FAILED


def test_requeue_tries_a_failed_job_again(boss: FlaskClient, cast: Cast) -> None:
    act(boss, "jobs/cancel", job_id=cast.started)
    wait_for_end(cast.queued)

    assert act(boss, "jobs/requeue", job_id=cast.failed).status_code == 200
    again = wait_for(lambda: job(cast.failed).attempt == 2 and wait_for_end(cast.failed))
    assert again
    answer = act(boss, "jobs/requeue", job_id=cast.finished)
    assert answer.status_code == 409
    assert "Only a failed or cancelled job can be tried again." in answer.text


def test_requeue_all_tries_what_has_failed_in_the_ticked_queues(
    boss: FlaskClient, cast: Cast
) -> None:
    submit(tasks.fail_part)
    assert act(boss, "jobs/requeue/all").status_code == 400
    other = act(boss, "jobs/requeue/all", **{"queues[]": [Queue.STT_SEGMENTS]})
    assert other.status_code == 200
    assert job(cast.failed).state == State.FAILED

    assert act(boss, "jobs/requeue/all", **TICKED).status_code == 200
    assert job(cast.failed).state == State.WAITING
    assert listed(boss, "failed") == []
    assert cast.failed in listed(boss, "queued")


def test_requeue_all_says_how_many_could_not_be(boss: FlaskClient, cast: Cast) -> None:
    with db.transaction() as conn:
        assert changes.delete(conn, cast.failed)

    answer = act(boss, "jobs/requeue/all", **TICKED)
    assert answer.status_code == 409
    assert "Tried again: 0. Cannot be tried again: 1." in answer.text
    assert "It can only be deleted." in act(boss, "jobs/requeue", job_id=cast.failed).text
    assert act(boss, "jobs/delete", job_id=cast.failed).status_code == 200
    assert not known(cast.failed)


@pytest.mark.parametrize("status", STATUSES)
def test_delete_ends_a_job_and_lets_rq_forget_it(
    status: str, boss: FlaskClient, cast: Cast
) -> None:
    job_id = cast.all[status]

    assert act(boss, "jobs/delete", job_id=job_id).status_code == 200
    assert not known(job_id)
    if status in {"queued", "started"}:
        assert wait_for_end(job_id).state == State.CANCELLED
        wait_for(lambda: not known(job_id))
    if status in {"finished", "failed"}:
        assert job(job_id).state == status
    others = [one for name, one in cast.all.items() if name != status]
    assert all(known(one) or job(one).state.has_ended for one in others)


def test_delete_all_takes_the_ticked_statuses_of_the_ticked_queues(
    boss: FlaskClient, cast: Cast
) -> None:
    behind = submit(tasks.count_behind, cast.path)
    fields = TICKED | {"jobstatus[]": ["failed", "queued", "deferred"]}
    assert act(boss, "jobs/delete/all", **TICKED).status_code == 400
    assert act(boss, "jobs/delete/all", **{"jobstatus[]": ["failed"]}).status_code == 400

    assert act(boss, "jobs/delete/all", **fields).status_code == 200
    assert set(listed(boss)) == {cast.finished, cast.started, cast.scheduled}
    assert job(cast.queued).state == State.CANCELLED
    assert job(cast.failed).state == State.FAILED
    assert job(cast.started).state == State.RUNNING
    assert job(behind).state == State.WAITING

    assert act(boss, "jobs/delete/all", **TICKED | {"jobstatus[]": [*STATUSES]}).status_code == 200
    assert wait_for_end(cast.started).state == State.CANCELLED
    assert not any(known(job_id) for job_id in cast.all.values())
    assert wait_for_end(behind).state == State.FINISHED


def test_an_emptied_queue_stays_empty(boss: FlaskClient) -> None:
    ids = [submit(tasks.refuse) for _ in range(3)]
    with raw() as client:
        client.lrem("rq:queue:stt", 0, ids[1])  # Redis has lost one.
    behind = submit(tasks.fail_part)

    assert act(boss, "queues/empty", queue_id=Queue.STT).status_code == 200
    assert {job(job_id).state for job_id in ids} == {State.CANCELLED}
    assert job(behind).state == State.WAITING
    with db.transaction() as conn:
        assert [row.id for row in deliveries.waiting(conn, 0)] == [behind]
    assert listed(boss) == []
    assert not any(known(job_id) for job_id in ids)
    assert listed(boss, queue=Queue.STT_SEGMENTS) == [behind]


def test_cancel_all_is_for_the_ticked_queues(boss: FlaskClient) -> None:
    waiting, behind = submit(tasks.refuse), submit(tasks.fail_part)

    assert act(boss, "jobs/cancel/all").status_code == 400
    assert act(boss, "jobs/cancel/all", **TICKED).status_code == 200
    assert job(waiting).state == State.CANCELLED
    assert job(behind).state == State.WAITING


@pytest.mark.parametrize("action", ["empty", "delete"])
def test_selected_queues_are_those_that_were_ticked(action: str, boss: FlaskClient) -> None:
    for name in ("alpha", "beta", "gamma"):
        queue(name).enqueue("x.y", job_id=name)

    assert act(boss, f"queues/{action}/all").status_code == 400
    assert act(boss, f"queues/{action}/all", **{"queues[]": ["nobody"]}).status_code == 404
    answer = act(boss, f"queues/{action}/all", **{"queues[]": ["beta"]})
    assert answer.status_code == 200
    assert "alpha" not in answer.text
    counts = {row["queue_name"]: row["job_count"] for row in ask(boss, "queues")["data"]}
    left = {"beta": 0} if action == "empty" else {}
    assert counts == {"alpha": 1, "gamma": 1} | left


def test_a_deleted_queue_is_listed_again_when_something_comes(boss: FlaskClient) -> None:
    waiting = submit(tasks.refuse)

    assert act(boss, "queues/delete", queue_id=Queue.STT).status_code == 200
    assert job(waiting).state == State.CANCELLED
    assert ask(boss, "queues")["data"] == []
    assert act(boss, "queues/delete", queue_id=Queue.STT).status_code == 404
    submit(tasks.refuse)
    assert ask(boss, "queues")["data"] == [{"job_count": 1, "queue_name": "stt"}]


def test_of_a_wakeup_only_the_side_of_rq_is_changed(boss: FlaskClient) -> None:
    for action in ("cancel", "delete"):
        queue().enqueue("lane", job_id="lane_1")
        assert act(boss, f"jobs/{action}", job_id="lane_1").status_code == 200
        assert not known("lane_1")
    waking = queue().enqueue("lane", job_id="lane_1")
    assert wakeups.is_wakeup(waking.id)
    assert act(boss, "jobs/requeue", job_id="lane_1").status_code == 409
    with raw() as client:
        client.delete("rq:queue:stt")
        client.hset(waking.key, "status", "failed")
        client.zadd("rq:failed:stt", {"lane_1": 9e9})

    assert act(boss, "jobs/requeue", job_id="lane_1").status_code == 200
    assert listed(boss, "queued") == ["lane_1"]
    assert listed(boss, "failed") == []


def test_what_is_not_there_is_said_so(boss: FlaskClient) -> None:
    for path, fields in (
        ("jobs/cancel", {"job_id": "nothing"}), ("jobs/requeue", {"job_id": "a:b"}),
        ("jobs/delete", {"job_id": "00000000-0000-0000-0000-000000000000"}),
        ("queues/empty", {"queue_id": "nobody"}), ("workers/delete", {"worker_id": "nobody"}),
    ):  # fmt: skip
        answer = act(boss, path, **fields)
        assert (answer.status_code, (answer.json or {})["traceback"]) == (404, ""), path
        assert act(boss, path).status_code == 400, path


def test_workers_pause_and_go_on(boss: FlaskClient, workers: Workers) -> None:
    assert act(boss, "workers/suspend").status_code == 200
    workers.start()
    wait_for(lambda: ask(boss, "workers")["data"])
    assert {row["status"] for row in ask(boss, "workers")["data"]} == {"suspended"}
    assert "Resume All Workers" in boss.get("/rqmonitor/workers_dashboard").text
    waiting = submit(tasks.refuse)
    behind = submit(tasks.fail_part)
    assert job(waiting).state == State.WAITING

    assert act(boss, "workers/resume").status_code == 200
    assert wait_for_end(waiting).state == State.FAILED
    assert wait_for_end(behind).state == State.FAILED


def test_a_worker_ends_its_job_before_it_stops(
    boss: FlaskClient, workers: Workers, tmp_path: object
) -> None:
    idle, busy = workers.start(), workers.start()
    running = submit(tasks.sleep, f"{tmp_path}/log", 3)
    wait_for_state(running, State.RUNNING)
    wait_for(lambda: len(ask(boss, "workers")["data"]) == 2)

    one = wait_for(lambda: [row for row in ask(boss, "workers")["data"] if row["current_job_id"]])[
        0
    ]
    assert act(boss, "workers/delete", worker_id=one["worker_name"]).status_code == 200
    assert wait_for_end(running).state == State.FINISHED
    wait_for(lambda: len(ask(boss, "workers")["data"]) == 1)
    assert act(boss, "workers/delete", delete_all="true").status_code == 200
    assert {idle.wait(60), busy.wait(60)} == {0}


def test_no_process_is_killed_that_redis_names(boss: FlaskClient) -> None:
    import os
    import socket

    with raw() as client:
        client.sadd("rq:workers", "rq:worker:fake")
        client.hset(
            "rq:worker:fake",
            mapping={"pid": os.getpid(), "hostname": socket.gethostname(), "state": "idle"},
        )

    assert act(boss, "workers/delete", worker_id="fake").status_code == 200
    assert act(boss, "workers/delete", delete_all="true").status_code == 200


def test_the_log_says_who_did_what(boss: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="app_srvc.monitor")
    job_id = submit(tasks.refuse)

    act(boss, "jobs/cancel", job_id=job_id)
    act(boss, "queues/empty", queue_id="no\nline")
    act(boss, "workers/suspend")
    assert [record.message for record in caplog.records if "monitor" in record.name] == [
        f"olena asked for cancel_job of {job_id}: 200",
        "olena asked for empty_queue of no%0Aline: 404",
        "olena asked for suspend_workers of all: 200",
    ]
