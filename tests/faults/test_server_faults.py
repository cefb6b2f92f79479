"""Redis and PostgreSQL go away, hang, forget, and come back. Nothing accepted may be lost."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import redis

from app_srvc import db
from app_srvc.jobs.repository import reading
from app_srvc.jobs.states import State
from tests.conftest import Servers
from tests.faults.outcomes import Tell
from tests.support import tasks
from tests.support.recordings import recording
from tests.support.submitting import submit
from tests.support.web import Web, get, post_files
from tests.support.workers import Workers, wait_for, wait_for_end, wait_for_state

Figure = Callable[[str], None]


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process and its children, so that they hang rather than end."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def outcomes(job_id: str) -> list[str | None]:
    """Return how the job's attempts ended."""
    with db.transaction() as conn:
        return [attempt.outcome for attempt in reading.attempts(conn, job_id)]


@pytest.mark.fault("F4")
def test_redis_killed_and_restarted_under_load_loses_nothing(
    own: Servers, own_workers: Workers, tmp_path: Path, figure: Figure, outcome: Tell
) -> None:
    own_workers.start()
    own_workers.start()
    log = tmp_path / "log"
    ids: list[str] = []

    def submit_50_a_second() -> None:
        for _ in range(300):
            ids.append(submit(tasks.count, str(log)))
            time.sleep(0.02)

    load = threading.Thread(target=submit_50_a_second)
    load.start()
    wait_for(log.exists)
    own.kill("redis")
    time.sleep(1)
    own.revive("redis")
    back_at = time.monotonic()
    done_before = len(log.read_text().splitlines())
    wait_for(lambda: len(log.read_text().splitlines()) > done_before + 10)
    back = time.monotonic() - back_at
    load.join()
    for job_id in ids:
        assert wait_for_end(job_id).state == State.FINISHED
    figure(f"Redis killed under 50 jobs/s: accepted 300, lost 0, back in {back:.1f} s (target 10)")
    done = len(log.read_text().splitlines())
    outcome(
        accepted=300, finished=300, lost=max(0, 300 - done), twice=max(0, done - 300), seconds=back
    )
    assert done == 300
    assert all(process.poll() is None for process in own_workers.processes)


@pytest.mark.fault("F4")
def test_a_forgetful_redis_is_reminded(
    own: Servers, own_workers: Workers, tmp_path: Path, figure: Figure, outcome: Tell
) -> None:
    own_workers.start()
    log = tmp_path / "log"
    running = submit(tasks.sleep, str(log), 6)
    wait_for_state(running, State.RUNNING)
    waiting = [submit(tasks.count, str(tmp_path / "counted")) for _ in range(50)]

    with redis.Redis.from_url(own.urls["redis"]) as client:
        client.flushall()
        emptied_at = time.monotonic()
        wait_for(lambda: client.llen("rq:queue:stt") == 50)
    seconds = time.monotonic() - emptied_at
    for job_id in (running, *waiting):
        assert wait_for_end(job_id).state == State.FINISHED
    figure(f"FLUSHALL with 50 jobs waiting: all queued again after {seconds:.1f} s (10), lost 0")
    counted = len((tmp_path / "counted").read_text().splitlines())
    outcome(accepted=51, finished=51, twice=counted - 50, seconds=seconds)
    assert counted == 50
    assert log.read_text().split() == ["began", "ended"]


@pytest.mark.fault("F5")
def test_a_submission_is_accepted_while_redis_is_down(
    own: Servers, own_workers: Workers, web: Web, figure: Figure, outcome: Tell
) -> None:
    post_files(f"{web.url}/stt/task", [("warm.flac", recording("days.flac"))])
    own.kill("redis")

    answer = post_files(f"{web.url}/stt/task", [("days.flac", recording("days.flac"))])
    assert answer.status == 202
    assert get(f"{web.url}/readyz").status == 200
    own_workers.start()
    time.sleep(2)
    own.revive("redis")
    job_id = json.loads(answer.body)["job_id"]
    assert wait_for_end(job_id).state == State.FINISHED
    figure(f"Redis down at submit: {answer.status} in {answer.seconds:.2f} s (target 1), delivered")
    outcome(seconds=answer.seconds)


@pytest.mark.fault("F5")
def test_a_submission_is_accepted_while_redis_hangs(
    own: Servers, own_workers: Workers, web: Web, figure: Figure, outcome: Tell
) -> None:
    post_files(f"{web.url}/stt/task", [("warm.flac", recording("days.flac"))])
    own_workers.start()
    with frozen(own.pid("redis")):
        answer = post_files(f"{web.url}/stt/task", [("days.flac", recording("days.flac"))])
        assert answer.status == 202
        time.sleep(1)
        many = post_files(f"{web.url}/stt/", [("days.flac", recording("days.flac"))] * 10)
        assert many.status == 202
    ids = [json.loads(answer.body)["job_id"]]
    ids += [job["job_id"] for job in json.loads(many.body)["jobs"]]
    for job_id in ids:
        assert wait_for_end(job_id).state == State.FINISHED
    figure(
        f"Redis hung at submit: 202 in {answer.seconds:.2f} s (target 1), ten files at once in"
        f" {many.seconds:.2f} s, delivered later"
    )
    outcome(accepted=len(ids), finished=len(ids), seconds=answer.seconds)


@pytest.mark.fault("F4")
def test_redis_away_when_a_job_ends_does_not_run_it_again(
    own: Servers, own_workers: Workers, tmp_path: Path, outcome: Tell
) -> None:
    own_workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.sleep, str(log), 2)
    wait_for_state(job_id, State.RUNNING)

    own.kill("redis")
    assert wait_for_end(job_id).state == State.FINISHED
    time.sleep(1)
    own.revive("redis")
    assert wait_for_end(submit(tasks.count, os.devnull)).state == State.FINISHED
    assert log.read_text().split() == ["began", "ended"]
    assert outcomes(job_id) == ["finished"]
    outcome()
    assert own_workers.processes[0].poll() is None


@pytest.mark.fault("F6")
def test_a_submission_is_refused_whole_while_postgresql_is_down(
    own: Servers, own_workers: Workers, web: Web, figure: Figure, outcome: Tell
) -> None:
    post_files(f"{web.url}/stt/task", [("warm.flac", recording("days.flac"))])
    stored = {path for path in (own.home / "files").rglob("*") if path.is_file()}
    own.kill("postgresql")

    answer = post_files(f"{web.url}/stt/task", [("days.flac", recording("days.flac"))])
    ready = get(f"{web.url}/readyz")
    assert (answer.status, ready.status) == (503, 503)
    assert answer.headers["Retry-After"]
    assert {path for path in (own.home / "files").rglob("*") if path.is_file()} == stored
    own.revive("postgresql")
    again = post_files(f"{web.url}/stt/task", [("days.flac", recording("days.flac"))])
    assert again.status == 202
    own_workers.start()
    assert wait_for_end(json.loads(again.body)["job_id"]).state == State.FINISHED
    figure(f"PostgreSQL down at submit: {answer.status} in {answer.seconds:.2f} s, stored 0")
    outcome()


@pytest.mark.fault("F6")
def test_postgresql_away_when_a_job_ends_is_waited_for(
    own: Servers, own_workers: Workers, tmp_path: Path, figure: Figure, outcome: Tell
) -> None:
    own_workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.count_slowly, str(log), 1.5)
    wait_for(log.exists)

    own.kill("postgresql")
    wait_for(lambda: log.read_text().split() == ["began", "ended"])
    time.sleep(3)
    own.revive("postgresql")
    back_at = time.monotonic()
    db.close_idle()
    row = wait_for_end(job_id)
    seconds = time.monotonic() - back_at
    figure(
        f"PostgreSQL down at callback: recorded {seconds:.1f} s after its return,"
        f" runs {row.attempt}"
    )
    outcome(seconds=seconds, twice=log.read_text().split().count("ended") - 1)
    assert row.state == State.FINISHED
    assert log.read_text().split() == ["began", "ended"]
    assert own_workers.processes[0].poll() is None


@pytest.mark.fault("F6")
def test_a_job_interrupted_by_postgresqls_restart_is_tried_again_uncounted(
    own: Servers, own_workers: Workers, tmp_path: Path, outcome: Tell
) -> None:
    own_workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.ask_database, str(log))
    wait_for(log.exists)

    own.kill("postgresql")
    own.revive("postgresql")
    db.close_idle()
    row = wait_for_end(job_id)
    assert (row.state, row.failures) == (State.FINISHED, 0)
    assert log.read_text().split()[-1] == "ended"
    outcome()


@pytest.mark.fault("F10")
def test_a_database_that_hangs_at_the_callback_costs_no_second_run_and_no_worker(
    own: Servers, own_workers: Workers, tmp_path: Path, figure: Figure, outcome: Tell
) -> None:
    own_workers.start()
    log = tmp_path / "log"
    job_id = submit(tasks.count_slowly, str(log), 1.0)
    wait_for(log.exists)

    with frozen(own.pid("postgresql")):
        wait_for(lambda: log.read_text().split() == ["began", "ended"])
        time.sleep(14)
    db.close_idle()
    row = wait_for_end(job_id)
    figure(f"database hung 14 s at the callback: '{row.state}', runs {row.attempt}")
    outcome(twice=log.read_text().split().count("ended") - 1)
    assert row.state == State.FINISHED
    assert log.read_text().split() == ["began", "ended"]
    assert own_workers.processes[0].poll() is None


@pytest.mark.fault("F10")
def test_an_outcome_that_cannot_be_recorded_ends_no_worker(
    own: Servers, own_workers: Workers, tmp_path: Path, figure: Figure, outcome: Tell
) -> None:
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RAISE EXCEPTION ''broken''; END';"
            "CREATE TRIGGER broken BEFORE UPDATE ON jobs FOR EACH ROW"
            " WHEN (NEW.state = 'finished') EXECUTE FUNCTION broken()"
        )
    own_workers.start()
    row = wait_for_end(submit(tasks.count, os.devnull))

    assert row.state == State.FAILED
    assert row.reason
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DROP TRIGGER broken ON jobs")
    assert wait_for_end(submit(tasks.count, os.devnull)).state == State.FINISHED
    assert own_workers.processes[0].poll() is None
    figure("callback raises: the job ends with a reason, workers dead 0")
    outcome(accepted=2, failed=1)


@pytest.mark.fault("uploads")
def test_the_web_process_killed_in_the_middle_of_an_upload_leaves_nothing(
    own: Servers, own_workers: Workers
) -> None:
    web = Web()
    try:
        uploading = threading.Thread(target=_upload_slowly, args=(web.port,), daemon=True)
        uploading.start()
        wait_for(lambda: list((own.home / "files").rglob("*.part")))
        master = psutil.Process(web.process.pid)
        for process in (master, *master.children()):
            process.send_signal(signal.SIGKILL)
    finally:
        web.process.wait()
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM jobs")
        assert cur.fetchone() == (0,)
        # The uploader may be gone for ten minutes before its file is nobody's.
        cur.execute("UPDATE files SET expires_at = now()")
    own_workers.start()
    wait_for(lambda: not [p for p in (own.home / "files").rglob("*") if p.is_file()])


def _upload_slowly(port: int) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(
            b"POST /stt/task HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
            b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        )
        for _ in range(300):
            try:
                sock.sendall(b"x" * 10000)
            except OSError:
                return
            time.sleep(0.02)
