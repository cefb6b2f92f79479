"""An account's address is told of each job that ends: signed, tried again, and seen on a page."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, outcomes
from app_srvc.queues import Queue
from app_srvc.webhooks import sending, tasks
from tests.support import tasks as work
from tests.support.accounts import logged_in, member
from tests.support.misbehaving import Server, answers, hangs_after_reading, serving
from tests.support.pages import HTML, look
from tests.support.performing import perform, register, waiting
from tests.support.registering import send
from tests.support.rows import rows, scalar
from tests.support.workers import job, wait_for

PAGE = "/account/webhook/"


@pytest.fixture
def user(app: Flask) -> str:
    """Add a person."""
    return member("olena")


@pytest.fixture
def browser(app: Flask, user: str) -> FlaskClient:
    """Return their browser."""
    return logged_in(app, user)


@pytest.fixture
def reader(setting: Callable[..., None]) -> Iterator[Server]:
    """Run a server of theirs on this machine, which the setting lets be called."""
    setting(webhooks_private="true")
    with serving(answers(204)) as server:
        yield server


def set_webhook(browser: FlaskClient, url: str) -> str:
    """Set the address and return the secret."""
    answer = send(browser, PAGE, url=url)
    found = re.search(r'value="(whsec_[^"]+)"', answer.text)
    assert found is not None, answer.text
    return found.group(1)


def submit(user: str) -> str:
    """Let somebody have a job."""
    job_id = submission.new_id()
    with db.transaction() as conn:
        submission.submit(conn, work.count, "/dev/null", job_id=job_id, owner=f"user:{user}")
    return job_id


def end(user: str) -> str:
    """Let a job of somebody's end, and return it."""
    job_id = submit(user)
    register("a")
    perform(job_id)
    return job_id


def tell() -> list[str]:
    """Make jobs of what is to be told, try each once, and return them."""
    tasks.tick(0)
    told = waiting(Queue.WEBHOOKS)
    register("a")
    for job_id in told:
        perform(job_id)
    return told


def deliveries() -> list[tuple[bool, int | None]]:
    """Return of each delivery whether it was made, and the last answer."""
    return rows("SELECT delivered_at IS NOT NULL, answer FROM webhook_deliveries ORDER BY ended_at")


def test_a_job_that_ends_is_told_once_and_signed_with_the_secret_that_was_shown(
    browser: FlaskClient, user: str, reader: Server
) -> None:
    secret = set_webhook(browser, reader.url + "/here?x=1")
    assert secret not in look(browser, PAGE).text
    assert scalar("SELECT count(*) FROM webhooks WHERE url LIKE %s", f"%{secret}%") == 0
    job_id = end(user)
    assert deliveries() == [(False, None)], "noted with the end of the job"

    tell()
    [told] = reader.received
    assert told.line == "POST /here?x=1 HTTP/1.1"
    read = json.loads(told.body)
    assert read["data"] == {"job_id": job_id, "service": "stt", "state": "finished"}
    signed = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + told.body, hashlib.sha256).digest()
    assert told.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"

    assert deliveries() == [(True, 204)]
    assert tell() == [], "and of that itself nobody is told"
    page = look(browser, PAGE).text
    assert "delivered" in page
    assert "speech to text" in page


def test_how_it_ended_is_told_whatever_that_was_and_only_to_its_owner(
    browser: FlaskClient, user: str, reader: Server
) -> None:
    set_webhook(browser, reader.url)
    other = member("petro")
    end(other)
    failed, cancelled = submit(user), submit(user)
    with db.transaction() as conn:
        changes.take(conn, failed, "a")
        outcomes.fail(conn, failed, 1, "No good.", pause_seconds=None)
    submission.cancel(cancelled)

    tell()
    told = {read["data"]["job_id"]: read["data"]["state"] for read in map(body, reader.received)}
    assert told == {failed: "failed", cancelled: "cancelled"}


def body(received: object) -> dict[str, dict[str, str]]:
    """Return what was sent."""
    read: dict[str, dict[str, str]] = json.loads(received.body)  # type: ignore[attr-defined]
    return read


def test_what_is_not_taken_is_tried_again_under_the_same_id_until_it_is(
    browser: FlaskClient, user: str, reader: Server
) -> None:
    set_webhook(browser, reader.url)
    end(user)
    reader.plan = answers(500)
    [telling] = tell()
    assert job(telling).state == "scheduled"
    assert deliveries() == [(False, 500)]
    assert "status 500" in look(browser, PAGE).text

    reader.plan = answers(200)
    with db.transaction() as conn:
        conn.cursor().execute(
            "UPDATE jobs SET state = 'waiting', due_at = NULL WHERE id = %s", (telling,)
        )
    perform(telling)
    assert deliveries() == [(True, 200)]
    assert len({one.headers["webhook-id"] for one in reader.received}) == 1
    perform(telling)
    assert len(reader.received) == 2, "what has been delivered is not delivered again by itself"


def test_what_failed_or_was_delivered_is_sent_again_when_asked_for(
    browser: FlaskClient, user: str, reader: Server, app: Flask
) -> None:
    set_webhook(browser, reader.url)
    end(user)
    reader.plan = answers(410)
    [telling] = tell()
    assert job(telling).state == "failed", "who says that it is gone is not asked again"
    delivery = scalar("SELECT id FROM webhook_deliveries")
    again = f"{PAGE}{delivery}/again"

    reader.plan = answers(200)
    stranger = logged_in(app, member("petro"))
    assert send(stranger, again, PAGE).status_code == 404
    assert send(browser, again, PAGE).status_code == 303
    assert send(browser, again, PAGE).status_code == 409, "it is on its way"
    assert "waiting" in look(browser, PAGE).text
    tell()
    assert deliveries() == [(True, 200)]
    assert send(browser, again, PAGE).status_code == 303, "its reader may have lost it"
    tell()
    assert len({one.headers["webhook-id"] for one in reader.received}) == 1
    assert len(reader.received) == 3


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[fe80::1]"]
)
def test_addresses_of_this_network_are_not_called(
    host: str, browser: FlaskClient, user: str
) -> None:
    with serving(answers(200)) as server:
        set_webhook(browser, f"https://{host}:{server.port}/")
        end(user)
        [telling] = tell()
        assert server.connections == 0

    assert job(telling).state == "failed"
    assert "not to be called from here" in look(browser, PAGE).text


def test_redirects_are_not_followed(browser: FlaskClient, user: str, reader: Server) -> None:
    with serving(answers(200)) as other:
        set_webhook(browser, reader.url)
        reader.plan = answers(302, Location=other.url)
        end(user)
        tell()
        assert other.connections == 0
    assert deliveries() == [(False, 302)]


def test_an_address_that_hangs_is_left_alone_and_keeps_nobody_else_waiting(
    browser: FlaskClient, user: str, reader: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CALL_SECONDS", 0.3)
    set_webhook(browser, reader.url)
    reader.plan = hangs_after_reading
    end(user)
    end(user)
    first, second = tell()

    assert reader.connections == 1
    assert job(first).state == job(second).state == "scheduled"
    assert (job(first).failures, job(second).failures) == (1, 0), "that was no try"


@pytest.mark.parametrize(
    "url",
    [
        "", "nowhere", "http://example.org/", "https://", "https://ann:secret@example.org/",
        "https://example.org/#part", "https://example.org:99999/", "https://exa mple.org/",
        "file:///etc/passwd", "https://" + "x" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_beside_its_field(
    url: str, browser: FlaskClient
) -> None:
    answer = send(browser, PAGE, url=url)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert scalar("SELECT count(*) FROM webhooks") == 0


def test_another_address_has_another_secret_and_none_is_told_nothing(
    browser: FlaskClient, user: str, reader: Server
) -> None:
    first = set_webhook(browser, reader.url)
    end(user)
    assert set_webhook(browser, reader.url) != first
    assert deliveries() == []

    end(user)
    assert send(browser, PAGE + "remove", PAGE).status_code == 303
    tell()
    end(user)
    assert tell() == []
    assert reader.received == []


def test_who_is_locked_or_gone_is_told_nothing(
    browser: FlaskClient, user: str, reader: Server
) -> None:
    set_webhook(browser, reader.url)
    end(user)
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE users SET locked_at = now()")
    tell()
    with db.transaction() as conn:
        conn.cursor().execute("DELETE FROM users")
    end(user)
    tell()
    assert reader.received == []


def test_nobody_sees_or_changes_it_who_has_not_logged_in(client: FlaskClient) -> None:
    assert client.get(PAGE, headers=HTML).status_code == 302


def test_a_webhook_that_is_just_being_removed_keeps_no_job_from_its_end(
    browser: FlaskClient, user: str, reader: Server
) -> None:
    set_webhook(browser, reader.url)
    job_id = submit(user)
    with db.transaction() as conn:
        changes.take(conn, job_id, "a")

    def finish() -> bool:
        with db.transaction() as conn:
            return outcomes.finish(conn, job_id, 1)

    with ThreadPoolExecutor(1) as pool:
        with db.transaction() as conn:
            conn.cursor().execute("DELETE FROM webhooks")
            finishing = pool.submit(finish)
            wait_for(lambda: scalar("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        assert finishing.result()
    assert deliveries() == []
