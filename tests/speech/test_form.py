"""The form's recogniser and language: shown where there is a choice, and kept when refused."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.speech import languages, recognisers
from app_srvc.speech.recognisers import Offer
from tests.support.pages import HTML, look, token
from tests.support.people import guest
from tests.support.recordings import recording
from tests.support.web import form

SPHINX = Offer("PocketSphinx", ("en-US",))
SEVERAL = {
    "sphinx": SPHINX,
    "polyglot": Offer("Polyglot", ("de", "en", "uk"), detects=True),
}


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer two recognisers."""
    monkeypatch.setattr(recognisers, "offered", lambda: SEVERAL)


def send(client: FlaskClient, **fields: str) -> tuple[int, str]:
    """Send a recording with choices, as a browser without scripts does."""
    body, content_type = form(
        [("days.flac", recording("days.flac"))], csrf_token=token(client), **fields
    )
    response = client.post("/stt/", data=body, content_type=content_type, headers=HTML)
    return response.status_code, response.text


def transcripts() -> list[tuple[str, str]]:
    """Return recogniser and language of each transcript."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT recogniser, language FROM transcripts")
        return list(cur.fetchall())


def test_what_cannot_be_chosen_is_said_in_a_sentence(client: FlaskClient) -> None:
    page = look(client, "/stt/").text

    assert "<select" not in page
    assert "English speech is recognised" in page
    assert "The recogniser is PocketSphinx" in page


def test_what_can_be_chosen_has_a_label(client: FlaskClient, several: None) -> None:
    page = look(client, "/stt/").text

    assert '<label for="recogniser">Recogniser</label>' in page
    assert '<label for="language">Language</label>' in page
    assert re.findall(r'<option[^>]* value="([\w-]*)"[^>]*>([^<]+)<', page) == [
        ("sphinx", "PocketSphinx"), ("polyglot", "Polyglot"),
        ("", "find out"), ("en", "English"), ("en-US", "English (United States)"), ("de", "German"),
        ("uk", "Ukrainian"),
    ]  # fmt: skip


def test_what_was_chosen_is_what_is_used(client: FlaskClient, several: None) -> None:
    assert send(client, recogniser="polyglot", language="uk")[0] == 303
    assert transcripts() == [("polyglot", "uk")]


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("recogniser", "language", "field", "sentence"),
    [
        ("sphinx", "uk", "language", "sphinx knows en-US, and not uk."),
        ("nobody", "en", "recogniser", "There is no recogniser called nobody"),
    ],
)
def test_a_choice_that_does_not_go_is_said_beside_its_field_and_the_rest_stays_chosen(
    recogniser: str, language: str, field: str, sentence: str, client: FlaskClient
) -> None:
    status, page = send(client, recogniser=recogniser, language=language)

    assert status == 422
    assert f'id="{field}-errors" role="alert"><ul><li>{sentence}' in page
    assert f'<option selected value="{language}">' in page
    assert re.search(rf'<select[^>]*aria-invalid="true"[^>]*id="{field}"', page)
    assert transcripts() == []


def test_another_refusal_leaves_what_was_chosen(client: FlaskClient, several: None) -> None:
    fields = {"recogniser": "polyglot", "language": "de", "csrf_token": token(client)}
    body, content_type = form([("bad.mp4", b"no film")], **fields)
    page = client.post("/stt/", data=body, content_type=content_type, headers=HTML).text

    assert re.search(r'<option[^>]* selected[^>]*value="polyglot"', page)
    assert '<option selected value="de">' in page


def test_programs_choose_too_and_hear_of_the_field(client: FlaskClient, several: None) -> None:
    body, content_type = form(
        [("days.flac", recording("days.flac"))], recogniser="sphinx", language="uk"
    )
    response = client.post("/stt/task", data=body, content_type=content_type)

    assert response.status_code == 422
    assert response.json is not None
    assert list(response.json["errors"]) == ["language"]
    body, content_type = form([("days.flac", recording("days.flac"))], recogniser="x")
    answer = client.post("/stt/task", data=body, content_type=content_type).json
    assert answer is not None
    assert list(answer["errors"]) == ["recogniser"]


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("en-US", "English (United States)"),
        ("pt-BR", "Portuguese (Brazil)"),
        ("tlh", "tlh"),
    ],
)
def test_a_language_has_a_name(tag: str, name: str) -> None:
    assert languages.name(tag) == name


def test_the_form_says_to_whom_sound_is_sent(app: Flask, setting: Callable[..., None]) -> None:
    assert "on this server. Nothing leaves it." in look(guest(app), "/stt/").text

    setting(groq_api_key="not-a-key")
    page = look(guest(app), "/stt/").text
    assert "unless you choose Groq whisper-large-v3-turbo, which sends the sound to" in page
    assert "not-a-key" not in page
