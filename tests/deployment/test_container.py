"""The image at work: any user id, a root that nobody can write, and none of the work lost.

It takes minutes to build an image, so this is asked for: build_stand_in.sh says how.
"""

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Servers
from tests.deployment import containers
from tests.deployment.containers import USER, Container
from tests.support import media
from tests.support.recordings import TEXTS, recording
from tests.support.rows import rows, scalar
from tests.support.web import get, post_files
from tests.support.workers import ROOT, wait_for

IMAGE_ROOT = os.environ.get("CHERHA_IMAGE_ROOT", "")
pytestmark = [
    pytest.mark.skipif(
        not (IMAGE_ROOT and containers.can_run()),
        reason="CHERHA_IMAGE_ROOT names no image, or this is not root",
    ),
    pytest.mark.usefixtures("database"),
]
SCRIPTS = sorted(path.name for path in ROOT.glob("*worker.py") if path.stem != "manage_worker")
IN_IMAGE = {
    "PATH": "/opt/cherha/venv/bin:/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp",
    "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
    "STORAGE_URL": "file:///var/lib/cherha/files",
}  # fmt: skip

Start = Callable[..., Container]


@pytest.fixture
def port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def env(backing: Servers, port: int) -> Iterator[dict[str, str]]:
    """Give the environment of all containers, with the servers on ports of loopback."""
    with ExitStack() as stack:
        sockets = backing.run / "postgresql" / ".s.PGSQL.5432"
        database = stack.enter_context(containers.on_a_port(sockets))
        queue = stack.enter_context(containers.on_a_port(backing.run / "redis.sock"))
        yield IN_IMAGE | {
            "DATABASE_URL": f"postgresql://cherha@127.0.0.1:{database}/cherha",
            "QUEUE_URL": f"redis://127.0.0.1:{queue}/0",
            "SECRET_KEY": os.environ["SECRET_KEY"], "HOST": "127.0.0.1", "PORT": str(port),
            "COOKIES_SECURE": "false", "RECORD_WORKERS": "2",
        }  # fmt: skip


@pytest.fixture
def start(tmp_path: Path, env: dict[str, str]) -> Iterator[Start]:
    """Give a way to start a container, which ends with the test."""
    (tmp_path / "files").mkdir()
    # As a volume is under restricted-v2: root's, and its group may write.
    os.chown(tmp_path / "files", 0, 0)
    (tmp_path / "files").chmod(0o2775)
    running: list[Container] = []

    def start(name: str, **more: str) -> Container:
        running.append(Container(Path(IMAGE_ROOT), tmp_path, name, env | more))
        return running[-1]

    yield start
    for container in running:
        container.kill()


def is_up(url: str) -> bool:
    """Say whether the web is ready."""
    try:
        return get(url).status == 200
    except OSError:
        return False


def submit(url: str, name: str, content: bytes) -> str:
    """Send a recording, and return the job's id."""
    answer = post_files(f"{url}/stt/task", [(name, content)])
    assert answer.status in {200, 202}, answer
    return str(json.loads(answer.body)["job_id"])


def state_of(job_id: str) -> str:
    """Return a job's state, as its row has it."""
    return str(scalar("SELECT state FROM jobs WHERE id = %s", job_id))


def speech(times: int) -> bytes:
    """Return so many times less than half a minute of speech, of which one worker does all."""
    return media.wav(b"".join(media.samples_of(name) for name in TEXTS) * times)


def test_nothing_is_lost_and_nothing_is_written_but_to_volumes(
    start: Start, env: dict[str, str], port: int, tmp_path: Path
) -> None:
    before = containers.listing(Path(IMAGE_ROOT))
    url = f"http://127.0.0.1:{port}"
    web, worker = start("web"), start("stt-1", APP_FILE="sttworker.py")
    wait_for(lambda: is_up(f"{url}/readyz"))
    first = wait_for(web.first)
    assert first is not None

    # Whom the platform runs it as, and who gets its signals.
    assert (first.uids().real, first.gids().real) == (USER, 0)
    assert Path(f"/proc/{first.pid}/status").read_text().count("CapEff:\t0000000000000000") == 1
    written = web.run("touch", "/var/tmp/x", env=env)
    assert "Read-only file system" in written.stderr
    probe = ["python", "-m", "app_srvc.health", "worker"]
    wait_for(lambda: scalar("SELECT count(*) FROM workers") == 1)
    probed = worker.run(*probe, env=env)
    assert probed.returncode == 0, probed

    # An upload becomes a transcript.
    short = submit(url, "counting.flac", recording("counting.flac"))
    wait_for(lambda: state_of(short) == "finished")
    text = json.loads(get(f"{url}/stt/task/{short}").body)["text"]
    assert "thirty" in text

    # A worker that is told to stop finishes its job, and takes no other.
    running = submit(url, "speech.wav", speech(1))
    wait_for(lambda: state_of(running) == "running")
    others = [submit(url, "days.flac", recording("days.flac")), submit(url, "long.wav", speech(2))]
    wait_for(lambda: scalar("SELECT progress FROM jobs WHERE id = %s", running))
    assert worker.stop() == 0, worker.text
    assert state_of(running) == "finished"
    assert [state_of(job_id) for job_id in others] == ["waiting", "waiting"]
    told, done = worker.text.index("told to stop"), worker.text.rindex("speech.transcribe is done")
    assert told < done < worker.text.index("has stopped")
    # One that shares a long recording ends its part; the web goes as well.
    second = start("stt-2", APP_FILE="sttworker.py")
    wait_for(lambda: 0 < (scalar("SELECT progress FROM jobs WHERE id = %s", others[1]) or 0) < 1)
    assert (second.stop(), web.stop()) == (0, 0), second.text + web.text
    # What was accepted is done by whoever comes next, and nothing of it twice.
    third = start("stt-3", APP_FILE="sttworker.py")
    wait_for(lambda: [state_of(job_id) for job_id in others] == ["finished", "finished"])
    assert third.stop() == 0, third.text
    assert scalar("SELECT count(*) FROM jobs WHERE state <> 'finished'") == 0

    assert containers.listing(Path(IMAGE_ROOT)) == before
    for container in (web, worker, second, third):
        assert not re.search("Read-only file system|Permission denied|Traceback", container.text)
        assert list(container.tmp.rglob("*")) == []
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {key for (key,) in rows("SELECT key FROM files")}
    assert len(kept) >= 4
    assert all(path.stat().st_uid == USER for path in kept)


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_worker_runs_shows_that_it_lives_and_goes_when_it_is_told(
    start: Start, env: dict[str, str], script: str
) -> None:
    before = containers.listing(Path(IMAGE_ROOT))
    worker = start("worker-1", APP_FILE=script)
    wait_for(lambda: rows("SELECT name FROM workers WHERE name LIKE 'worker-1-%%'"))

    told = worker.run("python", "-m", "app_srvc.health", "worker", env=env)

    assert told.returncode == 0, told
    assert worker.stop() == 0, worker.text
    assert scalar("SELECT count(*) FROM workers") == 0
    assert not re.search("Read-only file system|Permission denied|Traceback", worker.text)
    assert containers.listing(Path(IMAGE_ROOT)) == before


def test_the_image_has_no_tools_that_build_and_nothing_of_ours_but_what_runs() -> None:
    root = Path(IMAGE_ROOT)

    assert not list(root.glob("opt/cherha/venv/bin/pip*"))
    assert not list(root.glob("opt/cherha/venv/lib/python*/site-packages/pip"))
    ours = {path.name for path in (root / "opt/cherha/src").iterdir()}
    assert not ours & {".git", ".venv", ".cherha", "tests", "docs", "benchmarks"}
    assert {path.name for path in (root / "opt/cherha/src/openshift").iterdir()} == {"start.sh"}
    for path in (root / "opt/cherha").rglob("*"):
        if not path.is_symlink():
            assert not path.stat().st_mode & 0o022, f"others may write {path}"
