"""Sending mail to a real mail server, which does what real ones do."""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
import redis

from app_srvc import db, settings
from app_srvc.accounts import password_links
from app_srvc.accounts.repository import users
from app_srvc.errors import DatabaseDown
from app_srvc.jobs.repository import reading
from app_srvc.jobs.states import State
from app_srvc.mail import sending, smtp, tasks
from app_srvc.mail.repository import Mail
from tests.conftest import Servers
from tests.mail.conftest import PUBLIC_URL
from tests.support.mailing import attempt, found, job_of, posted
from tests.support.performing import perform
from tests.support.rows import rows, scalar
from tests.support.smtp import MailServer, certificate
from tests.support.workers import ROOT, wait_for

pytestmark = pytest.mark.usefixtures("database")

MailOn = Callable[..., None]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have little patience with a server."""
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(smtp, "RECEIPT_SECONDS", 0.5)
    monkeypatch.setattr(smtp, "GOODBYE_SECONDS", 0.2)


def token_in(text: str) -> str:
    """Return what is in the link of a letter."""
    link = re.search(re.escape(PUBLIC_URL) + r"/password\?token=(\w+)", text)
    assert link is not None, text
    return link[1]


def test_a_mail_goes_once_with_its_headers_and_a_link_that_works(
    mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_id = posted("welcome", login="olena")

    assert attempt(mail_id).state == "sent"
    assert job_of(mail_id).state == State.FINISHED
    tasks.send(mail_id)
    [message] = smtp_server.messages()
    assert smtp_server.readers() == ["olena@example.org"]
    assert message["From"] == "Черга <cherha@example.org>"
    assert message["To"] == "Olena Koval <olena@example.org>"
    assert message["Subject"] == "Set your password for Cherha"
    assert message["Message-ID"] == f"<{mail_id}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["Date"].datetime is not None
    text = message.get_content().replace("\r\n", "\n")
    assert text.startswith("Hello Olena,\n\n")
    assert "olena" not in text.partition("password?token=")[0], "anybody may have chosen it"
    with db.transaction() as conn:
        reader = password_links.find(conn, token_in(text))
    assert reader is not None
    assert reader.login == "olena"


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("reset", "Set a new password for Cherha"),
        ("exists", "You have an account with Cherha already"),
    ],
)
def test_each_kind_has_its_words_and_its_link(
    kind: str, subject: str, mail_on: MailOn, smtp_server: MailServer
) -> None:
    attempt(posted(kind))

    [message] = smtp_server.messages()
    assert message["Subject"] == subject
    token_in(message.get_content())


def test_a_mail_without_a_link_speaks_of_none(mail_on: MailOn, smtp_server: MailServer) -> None:
    attempt(posted("changed"))

    [message] = smtp_server.messages()
    assert "/password" not in message.get_content()
    assert "here:" not in message.get_content()


def test_names_of_all_scripts_arrive(mail_on: MailOn, smtp_server: MailServer) -> None:
    first, last = "Лук\u2019юн-Юлія", "Довгоприжмайло-Заячківська"
    attempt(posted(first_name=first, last_name=last))

    [message] = smtp_server.messages()
    # Python 3.11 reads such a name with one space too many, unless it is asked like this.
    told = str(make_header(decode_header(dict(message.raw_items())["To"])))
    assert told == f"{first} {last} <olena@example.org>"
    assert f"Hello {first}," in message.get_content()
    raw = (smtp_server.folder / "000000.eml").read_bytes()
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 100


def test_a_domain_of_other_letters_is_written_as_every_server_can_read_it(
    mail_on: MailOn, smtp_server: MailServer
) -> None:
    attempt(posted(email="olena@приклад.укр"))

    assert smtp_server.readers() == ["olena@xn--80aikifvh.xn--j1amh"]


@pytest.mark.parametrize(
    "name",
    [
        'Olena" <x@example.com>, "',
        "Olena\r\nBcc: x@example.com",
        "Olena\nX: y\n\nHello",
        "Олена, x@example.com",
        "Олена\r\n\r\nBcc: x@example.com" * 5,
        "(Olena\\",
        "Olena: x;",
        "\ud83d" + "Olena",
        "🙂" * 60,
        "Олена" * 60,
        "=?utf-8?q?=0D=0ABcc:_x=40example.com?=",
    ],
)
def test_a_name_changes_neither_headers_nor_readers(
    name: str, mail_on: MailOn, smtp_server: MailServer
) -> None:
    user = name.encode("utf-8", "replace").decode()
    attempt(posted(first_name=user, last_name=user))

    [message] = smtp_server.messages()
    assert smtp_server.readers() == ["olena@example.org"]
    assert [one.addr_spec for one in message["To"].addresses] == ["olena@example.org"]
    assert message["Bcc"] is None
    assert message["X"] is None
    assert message["Subject"] == "Set your password for Cherha"


def test_a_name_becomes_no_link(mail_on: MailOn, smtp_server: MailServer) -> None:
    attempt(posted(first_name="https://example.com/win?a=b", last_name="www.example.net"))

    [message] = smtp_server.messages()
    whole = str(message["To"]) + message.get_content()
    assert "example.com" not in whole
    assert "example.net" not in whole
    assert "://example" not in whole


@pytest.mark.parametrize("tls", ["starttls", "at-once"])
def test_mail_and_login_go_through_tls(
    tls: str, mail_on: MailOn, smtp_server: MailServer, tmp_path: Path
) -> None:
    mail_on(tls=tls, certificate=certificate(tmp_path), login="cherha:p@ss/w rd")

    assert attempt(posted()).state == "sent"
    assert smtp_server.logins() == ["cherha:p@ss/w rd"]
    assert len(smtp_server.messages()) == 1


@pytest.mark.parametrize("tls", ["starttls", "at-once"])
def test_nothing_goes_to_a_server_that_nobody_vouches_for(
    tls: str, mail_on: MailOn, setting: MailOn, smtp_server: MailServer, tmp_path: Path
) -> None:
    mail_on(tls=tls, certificate=certificate(tmp_path), login="cherha:pass")
    setting(smtp_url=smtp_server.url.partition("?")[0])
    mail_id = posted()

    mail = attempt(mail_id)
    assert (mail.state, mail.reason) == (
        "waiting", "The certificate of the mail server is not trusted."
    )  # fmt: skip
    assert job_of(mail_id).state == State.SCHEDULED
    assert smtp_server.messages() == []
    assert smtp_server.logins() == []


def test_nothing_goes_to_a_server_that_offers_no_tls(
    mail_on: MailOn, setting: MailOn, smtp_server: MailServer
) -> None:
    mail_on(login="cherha:pass")
    setting(smtp_url=smtp_server.url.partition("?")[0])
    mail_id = posted()

    assert attempt(mail_id).reason == "The mail server does not offer what SMTP_URL asks for."
    assert job_of(mail_id).state == State.SCHEDULED
    assert smtp_server.messages() == []
    assert smtp_server.logins() == []


def test_a_wrong_login_is_said_without_it_and_waited_for(
    mail_on: MailOn, setting: MailOn, smtp_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail_on(login="cherha:right")
    setting(smtp_url=smtp_server.url.replace("right", "s3cret"))
    mail_id = posted()

    mail = attempt(mail_id)
    assert mail.reason == "The mail server does not accept the login in SMTP_URL (535 5.7.8)."
    assert job_of(mail_id).state == State.SCHEDULED
    assert smtp_server.logins()[0] == "cherha:s3cret"
    assert "SMTP_URL" in caplog.text
    assert "s3cret" not in caplog.text
    setting(smtp_url=smtp_server.url)
    assert attempt(mail_id).state == "sent"


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
def test_a_server_that_is_busy_is_asked_again(
    step: str, mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_on(**{"answer-to": step, "times": 2, "answer": "451 4.7.1 Greylisted"})
    mail_id = posted()

    for _ in range(2):
        mail = attempt(mail_id)
        assert mail.state == "waiting"
        assert mail.reason == "The mail server takes no mail from us just now (451 4.7.1)."
        assert mail.due_at is not None
    assert attempt(mail_id).state == "sent"
    assert len(smtp_server.messages()) == 1


@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_what_is_refused_for_good_is_not_tried_again(
    step: str, mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_on(**{"answer-to": step, "answer": "550 5.1.1 <READER> nobody@here unknown"})
    mail_id = posted()

    mail = attempt(mail_id)
    assert mail.state == "failed"
    assert mail.reason is not None
    assert re.fullmatch(r"550 5\.1\.1 \S+ … unknown", mail.reason)
    assert "@" not in mail.reason
    row = job_of(mail_id)
    assert (row.state, row.reason) == (
        State.FAILED, "The mail server refused it for good (550 5.1.1)."
    )  # fmt: skip
    assert smtp_server.messages() == []


@pytest.mark.parametrize(
    ("step", "answer"),
    [("mail", "550 5.7.1 Not from you"), ("rcpt", "530 5.7.0 Log in first")],
)
def test_what_an_operator_can_put_right_is_waited_for(
    step: str, answer: str, mail_on: MailOn
) -> None:
    mail_on(**{"answer-to": step, "answer": answer, "times": 1})
    mail_id = posted()

    assert attempt(mail_id).state == "waiting"
    assert attempt(mail_id).state == "sent"


def test_a_server_that_is_away_is_asked_until_it_is_back(
    mail_on: MailOn, smtp_server: MailServer
) -> None:
    smtp_server.stop()
    mail_id = posted()

    for _ in range(3):
        mail = attempt(mail_id)
        assert mail.state == "waiting"
        assert mail.reason == "The mail server cannot be reached (Connection refused)."
    mail_on()
    assert attempt(mail_id).state == "sent"
    assert len(smtp_server.messages()) == 1


def test_an_outage_of_a_day_is_survived_and_one_of_two_is_not(
    mail_on: MailOn, smtp_server: MailServer
) -> None:
    smtp_server.stop()
    mail_id = posted()

    pauses = 0.0
    while (mail := attempt(mail_id)).state == "waiting":
        assert mail.due_at is not None
        due = "SELECT extract(epoch FROM due_at - now()) FROM jobs WHERE id = %s"
        pauses += round(scalar(due, mail.job_id))
    assert 23.5 * 3600 < pauses < 25 * 3600
    assert mail.state == "failed"
    assert mail.reason == "The mail server cannot be reached (Connection refused)."


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"hang": "data"}, "The mail server does not answer in time."),
        ({"slow": 5}, "The mail server does not answer in time."),
        ({"drop": "before"}, "The mail server ended the conversation."),
    ],
)
def test_a_server_that_breaks_off_is_asked_again(
    fault: dict[str, object], reason: str, mail_on: MailOn, smtp_server: MailServer, quick: None
) -> None:
    mail_on(**fault)
    mail_id = posted()

    mail = attempt(mail_id)
    assert (mail.state, mail.reason) == ("waiting", reason)
    mail_on()
    assert attempt(mail_id).state == "sent"
    assert len(smtp_server.messages()) == 1


def test_a_server_that_drips_is_given_up(mail_on: MailOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "CONVERSATION_SECONDS", 0.5)
    mail_on(drip=1)
    mail_id = posted()

    assert attempt(mail_id).reason == "The mail server ended the conversation."
    assert job_of(mail_id).state == State.SCHEDULED


def test_a_mail_whose_receipt_was_lost_goes_again_as_the_same_mail(
    mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_on(drop="after")
    mail_id = posted()
    attempt(mail_id)
    mail_on()
    attempt(mail_id)

    first, second = smtp_server.messages()
    assert first["Message-ID"] == second["Message-ID"]
    assert token_in(first.get_content()) == token_in(second.get_content())


def hand_over(mail: Mail) -> None:
    """Send a mail that was prepared before."""
    server = settings.load().mail_server
    assert server is not None
    with smtp.conversation(server, "example.org") as talk:
        sending._hand_over(talk, mail)


def test_nothing_goes_while_the_database_could_not_note_it(
    mail_on: MailOn, smtp_server: MailServer, backing: Servers
) -> None:
    mail_id = posted()
    mail = sending._prepare(mail_id)
    assert mail is not None
    backing.kill("postgresql")
    try:
        with pytest.raises(DatabaseDown):
            hand_over(mail)
    finally:
        backing.revive("postgresql")

    assert smtp_server.messages() == []
    assert attempt(mail_id).state == "sent"


def test_that_a_mail_has_gone_is_noted_as_soon_as_the_database_is_back(
    mail_on: MailOn, backing: Servers
) -> None:
    mail_id = posted()
    backing.kill("postgresql")
    noting = threading.Thread(target=sending._note, args=[mail_id])
    noting.start()
    backing.revive("postgresql")
    noting.join()

    assert found(mail_id).state == "sent"


def test_a_day_for_the_link_begins_when_the_mail_goes(mail_on: MailOn) -> None:
    mail_id = posted()
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE password_links SET expires_at = expires_at - interval '20 hours'")

    attempt(mail_id)
    assert scalar("SELECT expires_at > now() + interval '23 hours' FROM password_links")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM password_links",
        "UPDATE password_links SET expires_at = now() - interval '1 second'",
        "UPDATE users SET locked_at = now()",
    ],
)
def test_a_mail_whose_link_is_dead_does_not_go(
    change: str, mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_id = posted("reset")
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(change)

    mail = attempt(mail_id)
    assert (mail.state, mail.reason) == ("dropped", sending.DEAD_LINK)
    assert job_of(mail_id).state == State.FINISHED
    assert smtp_server.messages() == []


def test_a_mail_to_somebody_who_is_gone_does_not_go(
    mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_id = posted()
    job_id = found(mail_id).job_id
    with db.transaction() as conn:
        user = users.find_by_login(conn, "olena")
        assert user is not None
        users.delete(conn, user.id)

    perform(job_id)
    with db.transaction() as conn:
        row = reading.find(conn, job_id)
    assert row is not None
    assert row.state == State.FINISHED
    assert smtp_server.messages() == []


def test_without_a_server_a_mail_is_kept(database: None) -> None:
    mail_id = posted()

    assert attempt(mail_id).state == "kept"
    assert job_of(mail_id).state == State.FINISHED


def test_a_worker_sends_mail_and_its_log_names_nobody(
    mail_on: MailOn, smtp_server: MailServer, tmp_path: Path
) -> None:
    mail_id, log = posted(), tmp_path / "log"
    with log.open("w") as file:
        worker = subprocess.Popen(
            [sys.executable, "-W", "ignore", "mailworker.py"],
            cwd=ROOT, env=os.environ | {"LOG_LEVEL": "DEBUG"}, stderr=file,
        )  # fmt: skip
        try:
            wait_for(lambda: job_of(mail_id).state == State.FINISHED)
        finally:
            worker.terminate()
            worker.wait()

    [message] = smtp_server.messages()
    written = log.read_text()
    assert "mail.send is done" in written
    for secret in ("example.org", "olena", "Koval", token_in(message.get_content())):
        assert secret not in written


def test_nothing_private_is_in_logs_queues_or_jobs(
    mail_on: MailOn, backing: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mail_on(login="cherha:s3cret")
    sent = posted("welcome", login="olena")
    queued = _everything_in_redis(backing)
    attempt(sent)
    mail_on(**{"answer-to": "rcpt", "answer": "550 5.1.1 <READER> READER unknown"})
    refused = posted("reset", login="taras")
    queued += _everything_in_redis(backing)
    attempt(refused)

    told = str([rows(f"SELECT * FROM {table}") for table in ("jobs", "job_attempts", "job_log")])
    tokens = [
        password_links.token_of(mail.link_id)
        for mail in (found(sent), found(refused))
        if mail.link_id
    ]
    assert "refused it for good" in told
    assert found(sent).job_id in queued
    for secret in ("example.org", "olena", "taras", "Koval", "s3cret", *tokens):
        assert secret not in told
        assert secret not in caplog.text
        assert secret not in queued


def _everything_in_redis(backing: Servers) -> str:
    client: Any = redis.Redis.from_url(backing.urls["redis"])
    readers = {
        b"string": client.get, b"hash": client.hgetall, b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1),
    }  # fmt: skip
    return str([(key, readers[client.type(key)](key)) for key in client.scan_iter()])
