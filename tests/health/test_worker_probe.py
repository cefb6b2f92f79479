"""Is there a living worker? `python -m app_srvc.health worker`."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from app_srvc import db
from app_srvc.health.__main__ import main
from app_srvc.jobs.repository import workers as register
from tests.support.rows import rows, scalar
from tests.support.workers import ROOT, Workers, wait_for
from tests.test_architecture import loaded_by

pytestmark = pytest.mark.usefixtures("database")


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return the exit status and the sentence."""
    with pytest.raises(SystemExit) as ended:
        main(["worker", *arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), (told.out + told.err).strip()


def show(name: str, *, pid: int, host: str | None = None, seconds: float = 0) -> None:
    """Let a worker have shown itself so many seconds ago."""
    with db.transaction() as conn:
        register.register(conn, name, ["stt", "mail"], host or socket.gethostname(), pid)
    rows(
        "UPDATE workers SET seen_at = now() - %s * interval '1 second' WHERE name = %s RETURNING 1",
        seconds, name,
    )  # fmt: skip


def gone() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_worker_that_lives_is_well_and_one_that_was_killed_is_not(workers: Workers) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "app_srvc.health", "worker"]
    worker = workers.start()
    wait_for(lambda: scalar("SELECT count(*) FROM workers") == 1)
    alive = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    dead = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (alive.returncode, alive.stderr) == (0, "")
    assert "showed itself" in alive.stdout
    assert (dead.returncode, dead.stdout) == (1, "")
    assert dead.stderr.endswith("has ended without a word.\n")


def test_where_no_worker_is_known_nothing_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    show("elsewhere", pid=os.getpid(), host="another-host")

    code, sentence = ask(capsys)
    assert code == 1
    assert sentence.startswith(f"No worker on {socket.gethostname()} is known")


def test_one_that_has_been_silent_for_long_is_not_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show("sleepy", pid=os.getpid(), seconds=45)

    assert ask(capsys) == (1, "sleepy was the last to show itself, 45 s ago.")
    assert ask(capsys, "--within", "60")[0] == 0


def test_one_that_lives_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    show("dead", pid=gone())
    assert ask(capsys) == (1, "dead has ended without a word.")
    show("alive", pid=os.getpid(), seconds=10)

    assert ask(capsys) == (0, "alive showed itself 10 s ago.")


def test_it_can_be_asked_for_a_queue_and_for_another_host(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show("elsewhere", pid=gone(), host="another-host")

    assert ask(capsys, "--host", "another-host", "--queue", "mail")[0] == 0
    assert ask(capsys, "--host", "another-host", "--queue", "records")[0] == 1
    with pytest.raises(SystemExit, match="2"):
        main(["worker", "--queue", "no-such-queue"])


def test_while_the_database_is_away_no_worker_is_ended_for_it(
    capsys: pytest.CaptureFixture[str], setting: Callable[..., None]
) -> None:
    setting(database_url="postgresql://x:secret-word@/cherha?host=/nowhere")
    db.close_idle()

    code, sentence = ask(capsys)
    assert code == 0
    assert sentence.startswith("The database does not answer")
    assert "secret-word" not in sentence


def test_it_is_light() -> None:
    loaded = loaded_by("from app_srvc.health import __main__")

    assert "psycopg2" in loaded
    assert not loaded & {"flask", "werkzeug", "rq", "redis", "prometheus_client", "flask_babel"}
