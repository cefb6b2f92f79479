"""How much waits in a queue: each has a limit of its own, for all ways in."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app_srvc import admission, settings
from app_srvc.admission import refusals
from app_srvc.errors import QueueFull
from app_srvc.queues import Queue
from app_srvc.settings import WrongSetting
from app_srvc.settings.limits import FILLED_BY_WORKERS
from tests.monitor.support import act
from tests.ops.making import job
from tests.processors.importing import support as importing
from tests.support.accounts import logged_in, member
from tests.support.mailing import posted
from tests.support.pages import press, token, upload
from tests.support.people import operator, program
from tests.support.recordings import recording
from tests.support.registering import register
from tests.support.rows import rows, scalar

# Each is named, and none takes anything in.
FULL = ",".join(f"{queue}=0" for queue in Queue if queue not in FILLED_BY_WORKERS)


def refused() -> dict[str, int]:
    """Return how often each queue has refused."""
    refusals.flush()
    return dict(rows("SELECT name, number FROM refusal_counts WHERE kind = 'queue'"))


def says_later(answer: TestResponse) -> bool:
    """Say whether an answer is the refusal of a full queue."""
    told = "holds as much work as it may" in answer.text
    return answer.status_code == 503 and answer.headers["Retry-After"] == "30" and told


def test_a_queue_takes_as_many_as_its_own_limit_says(
    database: None, setting: Callable[..., None]
) -> None:
    setting(queue_limits="usrreg=2, stt=3", max_queue_depth=1)
    for queue, most in ((Queue.STT, 3), (Queue.USRREG, 2), (Queue.MAIL, 1), (Queue.CYCLES, 1)):
        for _ in range(most):
            admission.require_room(queue)
            job("waiting", queue)
        with pytest.raises(QueueFull):
            admission.require_room(queue)

    assert refused() == {"stt": 1, "usrreg": 1, "mail": 1, "cycles": 1}


def test_what_workers_fill_by_themselves_is_not_limited(
    database: None, setting: Callable[..., None]
) -> None:
    setting(max_queue_depth=0)

    for queue in FILLED_BY_WORKERS:
        admission.require_room(queue)
    assert refused() == {}


def test_every_way_into_a_queue_that_is_full_is_refused_and_nothing_is_stored(
    app: Flask, setting: Callable[..., None]
) -> None:
    ada, boss, curl = member("ada"), operator(app), program(app)
    browser, days = logged_in(app, ada), (recording("days.flac"), "days.flac")
    sent = upload(browser, days).location
    importing.add_processor()
    mail_id = posted()
    failed = job("failed", reason="It is broken.")
    kind = scalar("SELECT md5(reason) FROM jobs WHERE id = %s", failed)
    rows("UPDATE jobs SET state = 'cancelled', ended_at = now() WHERE queue = 'mail' RETURNING id")
    tables = ("jobs", "files", "uploads", "registrations", "mails")
    before = [scalar(f"SELECT count(*) FROM {table}") for table in tables]
    setting(queue_limits=FULL)

    answers = {
        "form": upload(browser, days),
        "again": press(browser, f"{sent}/again", **{"with": "sphinx en-US"}),
        "native": upload(curl, days, path="/stt/native"),
        "task": upload(curl, days, path="/stt/task"),
        "openai": upload(curl, days, path="/v1/audio/transcriptions"),
        "registration": register(boss, login="petro"),
        "forgotten": press(boss, "/password/forgotten", email="ada@example.org"),
        "link": press(boss, f"/userlist/{ada}/link"),
        "mail": press(boss, f"/outbox/{mail_id}/again"),
        "import": importing.send(boss, b"a\n1\n"),
        "job": press(boss, f"/jobs/{failed}/retry"),
        "failures": press(boss, "/ops/failures/retry", queue="stt", kind=kind),
        "rqmonitor": act(boss, "jobs/requeue", job_id=failed),
        "job's api": boss.post(f"/api/jobs/{failed}/retry", headers={"X-CSRFToken": token(boss)}),
    }

    assert [name for name, answer in answers.items() if answer.status_code != 503] == []
    # rqmonitor has no place for more than a sentence.
    answers.pop("rqmonitor")
    assert [name for name, answer in answers.items() if not says_later(answer)] == []
    assert [scalar(f"SELECT count(*) FROM {table}") for table in tables] == before
    assert scalar("SELECT state FROM jobs WHERE id = %s", failed) == "failed"
    assert refused() == {"stt": 9, "usrreg": 2, "mail": 2, "cycles": 1}


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("stt", "as stt=2000"),
        ("stt=many", "as stt=2000"),
        ("stt=-1", "as stt=2000"),
        ("speech=5", "speech is none of stt, "),
        ("records=5", "records is none of"),
        ("stt=5,stt=6", "stt is named twice"),
    ],
)
def test_what_cannot_be_a_limit_stops_the_start(
    told: str, wrong: str, setting: Callable[..., None]
) -> None:
    setting(queue_limits=told)

    with pytest.raises(WrongSetting, match="QUEUE_LIMITS") as raised:
        settings.load()
    assert wrong in str(raised.value)
