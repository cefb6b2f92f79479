"""`make run`: everything comes up, says what is wrong, and goes without a trace."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app_srvc.launching import servers
from app_srvc.launching.launcher import Launcher
from app_srvc.launching.supervising import Child
from app_srvc.processes import ordinary_account
from tests.conftest import Servers
from tests.support import media
from tests.support.product import Product, is_alive, wait_until_gone
from tests.support.recordings import TEXTS, recording
from tests.support.web import get, post_files
from tests.support.workers import ROOT, wait_for


@pytest.fixture
def home() -> Iterator[Path]:
    """Return a folder with a short name that goes after the test."""
    with tempfile.TemporaryDirectory(prefix="cherha-home-") as folder:
        yield Path(folder)


@pytest.fixture
def product(home: Path) -> Iterator[Product]:
    """Return a product that is not started yet."""
    product = Product(home, workers=1)
    yield product
    if hasattr(product, "process"):
        product.stop()


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"HOST": "127.0.0.1"}, "http://127.0.0.1:8080"),
        ({"HOST": "::1"}, "http://[::1]:8080"),
        ({"HOST": "0.0.0.0", "PUBLIC_URL": "https://example.org"}, "https://example.org"),
    ],
)
def test_links_in_mail_lead_to_where_it_listens(
    env: dict[str, str], expected: str, home: Path
) -> None:
    launcher = Launcher(
        home,
        {"PORT": "8080", "RECORD_WORKERS": "1", "CALL_WORKERS": "1", "CALL_THREADS": "1"} | env,
    )

    assert launcher.env["PUBLIC_URL"] == expected


def sentence(home: Path, **env: str) -> str:
    """Start the launcher where it cannot start, and return what it says."""
    product = Product(home, workers=1, **env)
    product.launch()
    assert product.process.wait(60) == 1
    wait_for(lambda: product.lines)
    said = [line for line in product.lines if line.startswith("cherha:")]
    assert len(said) == 1, product.lines
    return said[0]


def test_it_comes_up_and_transcribes(product: Product) -> None:
    product.start()

    answer = post_files(f"{product.url}/stt/native", [("days.flac", recording("days.flac"))])
    assert json.loads(answer.body)["text"] == TEXTS["days.flac"]
    link = next(line for line in product.lines if "/operator?token=" in line)
    assert get(link.split()[-1], accept="text/html").status == 200


def test_its_lines_tell_who_says_what(product: Product) -> None:
    product.start()
    wait_for(lambda: any("serves stt" in line for line in product.lines))
    product.stop()

    assert {line.split("|")[0].strip() for line in product.lines if "|" in line} >= {
        "postgresql", "redis", "stt-1", "cherha"
    }  # fmt: skip
    secret = (product.home / "secret-key").read_text()
    assert not any(secret in line for line in product.lines)


def test_ctrl_c_leaves_no_process_and_no_lock(product: Product) -> None:
    product.start()
    product.find("worker")

    assert product.stop() == 0
    assert product.left_over() == []
    assert list(servers.run_folder(product.home).iterdir()) == []
    product.start()
    assert product.answers()


def test_ctrl_c_lets_a_running_job_end(product: Product) -> None:
    product.start()
    samples = media.joined(sorted(TEXTS)[:5])
    answer = post_files(
        f"{product.url}/stt/task", [("x.flac", media.encode(samples, "flac", "flac"))]
    )
    job_id = json.loads(answer.body)["job_id"]
    wait_for(lambda: any("began, attempt 1" in line for line in product.lines))

    product.interrupt()
    assert product.process.wait(60) == 0
    assert any("speech.transcribe is done" in line for line in product.lines)
    product.start()
    assert json.loads(get(f"{product.url}/api/jobs/{job_id}").body)["state"] == "finished"


def test_workers_that_were_told_to_stop_are_left_at_that(product: Product) -> None:
    product.start()
    env = {
        "DATABASE_URL": product.address_of("postgresql"),
        "QUEUE_URL": product.address_of("redis"),
        "STORAGE_URL": (product.home / "files").as_uri(),
        "SECRET_KEY": (product.home / "secret-key").read_text(),
    }
    roles = ("worker", "detector", "registrar", "postman", "clerk", "caller")
    wait_for(lambda: sum(" serves " in line for line in product.lines) == len(roles))

    stop = [sys.executable, "manage_worker.py", "stop", "--all"]
    subprocess.run(stop, cwd=ROOT, env=product.env | env, timeout=120, check=True)
    wait_for(lambda: not any(product.find(role) for role in roles))
    time.sleep(1)
    assert not any(product.find(role) for role in roles)
    assert product.answers()


def test_ctrl_c_while_it_starts_is_not_waited_for(product: Product) -> None:
    product.launch()
    wait_for(lambda: any("starting PostgreSQL" in line for line in product.lines))

    product.interrupt()
    assert product.process.wait(60) == 0
    assert product.left_over() == []
    assert not any("Traceback" in line or "Ready" in line for line in product.lines)
    product.start()


def test_a_redis_that_a_killed_launcher_left_behind_is_waited_for(product: Product) -> None:
    product.start()
    (old,) = product.find("redis")
    old.suspend()
    product.kill_launcher()
    product.launch()
    wait_for(lambda: any("starting PostgreSQL" in line for line in product.lines))
    old.resume()

    wait_for(product.is_ready)
    assert not is_alive(old)


def test_a_database_that_is_not_there_is_one_sentence(home: Path) -> None:
    said = sentence(home, DATABASE_URL="postgresql://127.0.0.1:1/x")

    assert "The database cannot be used: connection to server" in said
    assert "Traceback" not in said


def test_a_second_ctrl_c_gives_the_job_back(product: Product) -> None:
    product.start()
    samples = media.joined(sorted(TEXTS))
    answer = post_files(
        f"{product.url}/stt/task", [("x.flac", media.encode(samples, "flac", "flac"))]
    )
    job_id = json.loads(answer.body)["job_id"]
    wait_for(lambda: any("began, attempt 1" in line for line in product.lines))

    product.interrupt()
    wait_for(lambda: any("told to stop" in line for line in product.lines))
    product.interrupt()
    assert product.process.wait(60) == 0
    assert not any("speech.transcribe is done" in line for line in product.lines)
    product.start()
    job = json.loads(get(f"{product.url}/api/jobs/{job_id}?wait=60").body)
    assert (job["state"], job["attempt"]) == ("finished", 2)


def test_nothing_is_left_when_it_is_killed(product: Product) -> None:
    product.start()
    product.find("worker")
    assert len(product.seen) >= 5

    product.kill_launcher()
    wait_until_gone(product)
    product.start()
    assert product.answers()


@pytest.mark.parametrize("role", ["web", "worker", "redis", "postgresql"])
def test_what_dies_is_started_again(role: str, product: Product) -> None:
    product.start()
    before = {process.pid for process in product.find(role)}

    product.kill(role)
    wait_for(lambda: {process.pid for process in product.find(role)} - before)
    wait_for(product.is_ready)


def test_a_process_that_keeps_dying_is_started_less_and_less_often() -> None:
    child = Child("x", ["false"])
    child.start()
    pauses = []
    for _ in range(3):
        wait_for(lambda: not child.is_running)
        child.start_again_if_dead()
        pauses.append(child._start_again_at - time.monotonic())
        child._start_again_at = 0.001
        child.start_again_if_dead()

    child.wait()
    assert [round(pause, 1) for pause in pauses] == [0.5, 1.0, 2.0]


def test_a_second_one_on_the_same_folder_is_refused(product: Product, home: Path) -> None:
    product.start()

    assert "Another one runs on" in sentence(home)
    assert product.answers()


def test_a_taken_port_is_said_so(home: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]

        assert f"Port {port} of 127.0.0.1 cannot be used" in sentence(home, PORT=str(port))
    assert not (home / "postgresql").exists()


def test_data_of_another_version_is_said_so(home: Path) -> None:
    (home / "postgresql").mkdir()
    (home / "postgresql" / "PG_VERSION").write_text("99\n")

    assert "was written by PostgreSQL 99" in sentence(home)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"PORT": "eighty"}, "PORT is 'eighty'; it must be a number from 1 to 65535."),
        ({"QUEUE": "kafka"}, "QUEUE is 'kafka'; it must be redis or rabbitmq."),
        ({"STT_WORKERS": "0"}, "STT_WORKERS is '0'; it must be a number from 1 to 256."),
        ({"WEB_THREADS": "1"}, "WEB_THREADS: "),
        ({"CHERHA_HOME": "/dev/null/x"}, "The folder /dev/null/x cannot be used: Not a directory."),
        ({"HOST": "192.0.2.1"}, "of 192.0.2.1 cannot be used"),
    ],
)
def test_a_wrong_setting_is_said_so(env: dict[str, str], said: str, home: Path) -> None:
    assert said in sentence(home, **env)


def test_a_full_disk_is_said_so(home: Path, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make a small disk")
    disk = home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(disk)], check=True)
    try:
        assert "is full: 2" in sentence(disk / "home")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_with_other_servers_given_none_is_started(home: Path, backing: Servers) -> None:
    product = Product(
        home, workers=1, DATABASE_URL=backing.urls["postgresql"], QUEUE_URL=backing.urls["redis"],
        STORAGE_URL=(home / "elsewhere").as_uri(),
    )  # fmt: skip
    product.start()
    try:
        answer = post_files(f"{product.url}/stt/native", [("days.flac", recording("days.flac"))])

        assert json.loads(answer.body)["text"] == TEXTS["days.flac"]
        assert product.find("redis") == product.find("postgresql") == []
        assert not (home / "postgresql").exists()
        assert list((home / "elsewhere").iterdir())
    finally:
        product.stop()


@pytest.mark.skipif(os.getuid() != 0, reason="whoever runs this is an ordinary user")
def test_an_ordinary_user_needs_nothing_more(home: Path) -> None:
    account = ordinary_account(Path(sys.executable))
    if not account.prefix:
        pytest.skip("root may make no user namespace here")
    product = Product(home, workers=1, prefix=account.prefix)
    product.start()
    try:
        answer = post_files(f"{product.url}/stt/native", [("days.flac", recording("days.flac"))])
        assert json.loads(answer.body)["text"] == TEXTS["days.flac"]
        commands = [" ".join(process.cmdline()) for process in product.find("postgresql")]
        assert commands
        assert not any("unshare" in command for command in commands)
    finally:
        product.stop()


def test_the_operators_link_is_new_each_time(product: Product) -> None:
    product.start()
    product.stop()
    product.start()

    links = re.findall(r"token=(\S+)", "\n".join(product.lines))
    assert len(set(links)) == 2
