"""Letters in the language of whoever reads them."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from app_srvc import db
from app_srvc.mail import letters
from tests.mail.conftest import PUBLIC_URL
from tests.support.mailing import attempt, found, posted
from tests.support.pages import look
from tests.support.people import guest, operator
from tests.support.registering import perform_all, register
from tests.support.smtp import MailServer

pytestmark = pytest.mark.usefixtures("database")

MailOn = Callable[..., None]


@pytest.mark.parametrize(
    ("language", "kind", "words"),
    [
        ("uk", "welcome", ("Встановіть пароль для Cherha", "обліковий запис у Cherha")),
        ("uk", "reset", ("Встановіть новий пароль для Cherha", "Встановіть, будь ласка, новий")),
        ("uk", "exists", ("Ви вже маєте обліковий запис у Cherha", "Якщо ви забули пароль")),
        ("uk", "changed", ("Ваш пароль у Cherha змінено", "негайно замовте новий пароль")),
        ("zh_Hant", "welcome", ("請設定您的 Cherha 密碼", "您現在有 Cherha 的帳號了。")),
        ("zh_Hant", "reset", ("設定新的 Cherha 密碼", "請在此設定新密碼：")),
        ("zh_Hant", "exists", ("您已有 Cherha 帳號", "若您忘記密碼")),
        ("zh_Hant", "changed", ("您的 Cherha 密碼已變更", "請立即申請新密碼。")),
    ],
)
def test_each_letter_comes_in_its_readers_language(
    language: str, kind: str, words: tuple[str, str], mail_on: MailOn, smtp_server: MailServer
) -> None:
    attempt(posted(kind, language=language, first_name="Олена"))

    [message] = smtp_server.messages()
    subject, told = words
    text = message.get_content().replace("\r\n", "\n")
    assert message["Subject"] == subject
    assert message["Content-Language"] == language.replace("_", "-")
    assert text.startswith({"uk": "Вітаємо, Олена!\n\n", "zh_Hant": "Олена，您好：\n\n"}[language])
    assert told in text
    # All that is left in Latin letters is the same in all languages.
    kept = re.sub(rf"{PUBLIC_URL}\S*|Cherha|olena|UTC", "", text)
    assert re.findall("[A-Za-z]+", kept) == []


@pytest.mark.parametrize(
    ("language", "until"),
    [
        ("en", "until 21:30 UTC on March 5, 2026."),
        ("uk", "до 21:30 UTC 5 березня 2026 р."),
        ("zh_Hant", "至 2026年3月5日 21:30（UTC）。"),
    ],
)
def test_the_end_of_a_link_is_written_as_its_reader_does(
    language: str, until: str, app: Flask
) -> None:
    reader = found(posted(language=language)).reader
    moment = datetime.fromisoformat("2026-03-05T23:30+02:00")

    text = letters.write("welcome", reader, "https://…", moment).text
    # The spaces of some dates are narrower than others.
    assert until in " ".join(text.split())


@pytest.mark.parametrize("language", [None, "tlh"])
def test_whoever_has_chosen_no_language_reads_english(
    language: str | None, mail_on: MailOn, smtp_server: MailServer
) -> None:
    mail_id = posted()
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE users SET language = %s", (language,))

    attempt(mail_id)
    [message] = smtp_server.messages()
    assert message["Content-Language"] == "en"
    assert message.get_content().startswith("Hello Olena,")


def test_whoever_registers_is_written_to_in_the_language_of_the_page(
    app: Flask, mail_on: MailOn, smtp_server: MailServer
) -> None:
    client = guest(app)
    client.set_cookie("language", "uk")
    register(client)
    perform_all()

    [message] = smtp_server.messages()
    assert message["Subject"] == "Встановіть пароль для Cherha"


def test_an_operator_reads_a_letter_as_it_is_and_the_rest_in_their_language(app: Flask) -> None:
    mail_id = posted(language="zh_Hant")
    client = operator(app)
    client.set_cookie("language", "uk")

    page = look(client, f"/outbox/{mail_id}").text
    assert '<h1 lang="zh-Hant">請設定您的 Cherha 密碼</h1>' in page
    assert "［連結，僅收件人可知］" in page
    assert "очікує" in page
