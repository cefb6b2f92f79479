"""Registrations while PostgreSQL is away and workers die: each is there once, with one mail."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from app_srvc import db
from tests.conftest import Servers
from tests.faults.outcomes import Tell
from tests.support.rows import rows, scalar
from tests.support.smtp import MailServer
from tests.support.web import Answer, Web, send
from tests.support.workers import Workers, wait_for

Figure = Callable[[str], None]

LEASE_SECONDS = 3


@pytest.fixture
def mailing(own: Servers, smtp_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """Let workers send mail to a real server."""
    monkeypatch.setenv("SMTP_URL", smtp_server.url)
    monkeypatch.setenv("MAIL_FROM", "cherha@example.org")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("LEASE_SECONDS", str(LEASE_SECONDS))
    return smtp_server


@pytest.fixture
def registrar(own_workers: Workers, mailing: MailServer) -> Callable[[], psutil.Process]:
    """Give a function that starts a worker of registrations."""
    return lambda: psutil.Process(own_workers.start("usrregworker.py").pid)


@pytest.fixture
def postman(own_workers: Workers, mailing: MailServer) -> Callable[[], psutil.Process]:
    """Give a function that starts a worker of mail."""
    return lambda: psutil.Process(own_workers.start("mailworker.py").pid)


def register(web: Web, number: int) -> Answer:
    """Send a registration as a program does that may have to send it again."""
    body = {
        "first_name": "Ann", "last_name": f"Archer {number}", "login": f"ann{number}",
        "email": f"ann{number}@example.org", "phone": "+380441234567",
    }  # fmt: skip
    headers = {
        "Content-Type": "application/json", "Accept": "application/json",
        "Idempotency-Key": f"registration {number}",
    }  # fmt: skip
    request = urllib.request.Request(
        f"{web.url}/userregres/", json.dumps(body).encode(), headers, method="POST"
    )
    return send(request, 60)


def kill(worker: psutil.Process) -> None:
    """End a worker and the process in which it works, without a warning."""
    for process in (*worker.children(recursive=True), worker):
        process.kill()
    worker.wait()


def count_open() -> object:
    """Count the jobs that have not ended."""
    return scalar("SELECT count(*) FROM jobs WHERE ended_at IS NULL")


def is_working_on(task: str) -> object:
    """Say whether a worker is at a task."""
    return scalar("SELECT count(*) FROM jobs WHERE state = 'running' AND task = %s", task)


def registered() -> list[str]:
    """Return the logins of all who are registered."""
    return [login for (login,) in rows("SELECT login FROM users")]


def check_each_once(mailing: MailServer, numbers: set[int]) -> None:
    """See that each of these is registered once, and nobody else, and each has one mail."""
    logins = {f"ann{number}" for number in numbers}
    assert Counter(registered()) == Counter(logins)
    assert Counter(mailing.readers()) == Counter(f"{login}@example.org" for login in logins)


@pytest.mark.fault("registrations")
def test_with_postgresql_stopped_for_ten_seconds_no_registration_is_half_there(  # noqa: PLR0917
    own: Servers,
    web: Web,
    registrar: Callable[[], object],
    postman: Callable[[], object],
    mailing: MailServer,
    figure: Figure,
    outcome: Tell,
) -> None:
    registrar()
    postman()
    began = time.monotonic()
    statuses: dict[int, int] = {}

    def send_one(number: int) -> None:
        time.sleep(max(0.0, began + number * 0.3 - time.monotonic()))
        statuses[number] = register(web, number).status

    with ThreadPoolExecutor(50) as pool:
        sent = [pool.submit(send_one, number) for number in range(50)]
        time.sleep(2)
        own.kill("postgresql")
        time.sleep(10)
        own.revive("postgresql")
        for one in sent:
            one.result()
    counts = Counter(statuses.values())
    assert set(counts) == {202, 503}
    wait_for(lambda: count_open() == 0)
    accepted = {number for number, status in statuses.items() if status == 202}
    there = {int(login.removeprefix("ann")) for login in registered()}
    assert accepted <= there
    check_each_once(mailing, there)

    for number in sorted(set(range(50)) - accepted):
        assert register(web, number).status == 202
    wait_for(lambda: count_open() == 0)
    check_each_once(mailing, set(range(50)))
    figure(
        f"50 registrations, PostgreSQL stopped for 10 s: {counts[202]} accepted, {counts[503]}"
        f" refused with 503, lost {len(accepted - there)}, twice 0; all 50 there when sent again"
    )
    outcome(accepted=len(accepted), finished=len(there), lost=len(accepted - there))


@pytest.mark.fault("registrations")
def test_a_worker_killed_while_it_registers_or_mails_does_each_once(  # noqa: PLR0917
    web: Web,
    registrar: Callable[[], psutil.Process],
    postman: Callable[[], psutil.Process],
    mailing: MailServer,
    figure: Figure,
    outcome: Tell,
) -> None:
    for number in range(5):
        assert register(web, number).status == 202
    # Held up in the middle of its transaction, by a lock on the table that it writes to.
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("LOCK TABLE mails IN EXCLUSIVE MODE")
        worker = registrar()
        wait_for(lambda: is_working_on("usrreg.register"))
        wait_for(lambda: scalar("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        kill(worker)
    assert scalar("SELECT count(*) FROM users") == 0

    # Held up in the middle of a conversation with the mail server.
    mailing.start(slow=60)
    registrar()
    worker = postman()
    wait_for(lambda: is_working_on("mail.send"))
    time.sleep(1)
    kill(worker)
    assert mailing.messages() == []
    mailing.start()
    postman()
    wait_for(lambda: count_open() == 0)
    check_each_once(mailing, set(range(5)))
    figure("worker killed -9 in a registration and in a mail: 5 registered once, 5 mails")
    outcome(accepted=5, finished=5)


@pytest.mark.fault("registrations")
def test_workers_killed_at_any_moment_register_each_once(  # noqa: PLR0917
    web: Web,
    registrar: Callable[[], psutil.Process],
    postman: Callable[[], psutil.Process],
    mailing: MailServer,
    figure: Figure,
    outcome: Tell,
) -> None:
    """A mail that the server took in the instant before the worker died goes again, as itself."""
    for number in range(15):
        assert register(web, number).status == 202
    killed = 0
    while count_open() and killed < 6:
        both = registrar(), postman()
        wait_for(lambda: is_working_on("usrreg.register") or is_working_on("mail.send"))
        for worker in both:
            kill(worker)
        killed += 1
    registrar()
    postman()
    wait_for(lambda: count_open() == 0)

    assert scalar("SELECT count(*) FROM users") == 15
    ids = [message["Message-ID"] for message in mailing.messages()]
    assert len(set(ids)) == 15
    assert len(set(mailing.readers())) == 15
    figure(
        f"15 registrations, {killed} workers killed -9 at any moment: 15 registered once, 15 mails,"
        f" {len(ids) - 15} of them delivered twice under the same Message-ID"
    )
    outcome(accepted=15, finished=15, more={"mails sent again": len(ids) - 15})
