"""Which language a reader gets: what was chosen first, then what the browser asks for."""

import io
import re
from collections.abc import Callable

import docx
import pytest
from flask.testing import FlaskClient

from tests.support import transcripts
from tests.support.pages import HTML, look, press, upload
from tests.support.recordings import recording


def language_of(client: FlaskClient, accepted: str = "", path: str = "/") -> str:
    """Return the language that a page says it is in."""
    response = client.get(path, headers=HTML | {"Accept-Language": accepted})
    found = re.search(r'<html lang="([^"]+)">', response.text)
    assert found is not None
    assert response.headers["Content-Language"] == found.group(1)
    assert {"Accept-Language", "Cookie"} <= set(response.vary)
    return found.group(1)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("de", "en"),
        ("uk", "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("en-GB,uk;q=0.5", "en"),
        ("uk;q=0.5,en-GB", "en"),
        ("uk;q=0,en;q=0.1", "en"),
        ("ru", "en"),
        ("ru,uk;q=0.5", "uk"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK,en;q=0.5", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-CN", "zh-Hant"),
        ("zh", "zh-Hant"),
    ],
)
def test_the_browser_is_asked(accepted: str, language: str, client: FlaskClient) -> None:
    assert language_of(client, accepted) == language


def test_who_chooses_a_language_keeps_it(client: FlaskClient) -> None:
    response = press(client, "/language", language="uk", back="/jobs/?q=%D1%87")

    assert (response.status_code, response.location) == (303, "/jobs/?q=%D1%87")
    cookie = response.headers["Set-Cookie"]
    assert all(part in cookie for part in ("Max-Age=31536000", "SameSite=Lax", "HttpOnly"))
    assert language_of(client, "zh-TW") == "uk"


def test_a_cookie_that_names_no_language_is_left_alone(client: FlaskClient) -> None:
    client.set_cookie("language", "../../etc")

    assert language_of(client, "uk") == "uk"


def test_a_language_that_there_is_not_is_refused(client: FlaskClient) -> None:
    assert press(client, "/language", language="tlh", back="/").status_code == 400


@pytest.mark.parametrize(
    "back",
    [
        "", "jobs/", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/",
        "/\t/evil.example", "/\n/evil.example", " //evil.example", "javascript:alert(1)",
        "/jobs\r\nX: 1",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(back: str, client: FlaskClient) -> None:
    response = press(client, "/language", language="uk", back=back)

    assert (response.status_code, response.location) == (303, "/")


def test_who_has_a_cookie_needs_its_token_to_choose(client: FlaskClient) -> None:
    look(client, "/")

    assert client.post("/language", data={"language": "uk"}, headers=HTML).status_code == 400


def test_the_choice_leads_back_to_the_page_it_was_made_on(client: FlaskClient) -> None:
    page = look(client, "/jobs/?q=%22a%22&state=failed")
    missing = look(client, "/no%20where")

    assert 'name="back" value="/jobs/?q=%22a%22&amp;state=failed"' in page.text
    assert 'name="back" value="/no%20where"' in missing.text


def test_the_answer_to_a_form_leads_back_to_the_page_with_the_form(client: FlaskClient) -> None:
    headers = HTML | {"Referer": "http://localhost/stt/"}
    elsewhere = HTML | {"Referer": "http://evil.example/stt/"}

    assert 'value="/stt/"' in client.post("/operator", headers=headers).text
    assert 'value="/"' in client.post("/operator", headers=elsewhere).text


def test_what_has_no_words_says_no_language(client: FlaskClient) -> None:
    assert "Content-Language" not in client.get("/healthz").headers


def test_a_file_without_a_name_is_named_in_its_senders_language(client: FlaskClient) -> None:
    client.set_cookie("language", "uk")
    job_id = upload(client, (recording("days.flac"), "..")).location.rpartition("/")[2]

    client.set_cookie("language", "zh_Hant")
    assert "<h1>без назви</h1>" in look(client, f"/jobs/{job_id}").text


def test_a_document_speaks_the_language_of_whoever_takes_it(client: FlaskClient) -> None:
    client.set_cookie("language", "uk")
    job_id = upload(client, (recording("days.flac"), "days.flac")).location.rpartition("/")[2]

    answer = client.get(f"/stt/{job_id}/transcript.docx")
    about = docx.Document(io.BytesIO(answer.data)).paragraphs[1].text
    assert "Розпізнавач: PocketSphinx. Мова: англійська (Сполучені Штати)." in about
    assert answer.headers["Content-Language"] == "uk"


def test_languages_to_transcribe_again_in_are_in_the_readers_order(
    client: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(openai_api_key="key")
    client.set_cookie("language", "uk")
    job_id = upload(client, (recording("days.flac"), "days.flac")).location.rpartition("/")[2]
    transcripts.finish(job_id, "")

    page = look(client, f"/stt/{job_id}").text
    names = re.findall(r'<option value="openai [a-z]+">(.+?)</option>', page)
    some = ["Англійська", "Грузинська", "Данська", "Італійська", "Казахська", "Японська"]
    assert [name for name in names if name in some] == some
