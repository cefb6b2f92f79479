"""Say by hand who speaks, and find it in every file."""

import io
import json

import docx
import pytest
import webvtt
from flask import Flask
from flask.testing import FlaskClient

from tests.speech.document.support import JSON, correct, count, send, text_of, transcript
from tests.support.pages import HTML, look, press
from tests.support.people import guest

NAME = "Ann <A&B>"


def sentences(client: FlaskClient, job_id: str) -> dict[str, str]:
    """Return what a form calls each sentence."""
    told = client.get(f"/stt/{job_id}/speakers", headers=JSON).json
    assert told is not None
    return {one["text"]: f"{one['start_ms']}-{one['stop_ms']}" for one in told["sentences"]}


def who(client: FlaskClient, job_id: str) -> list[str | None]:
    """Return who says each sentence."""
    told = client.get(f"/stt/{job_id}/speakers", headers=JSON).json
    assert told is not None
    return [one["speaker"] for one in told["sentences"]]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Open a guest's browser."""
    return guest(app)


@pytest.fixture
def job_id(client: FlaskClient) -> str:
    """Return a talk of two, in two passages."""
    return transcript(client, "How are you? Fine thanks. Good.", "the end")


def test_sentences_become_somebodys_and_others_stay(client: FlaskClient, job_id: str) -> None:
    said = sentences(client, job_id)
    assert list(said) == ["How are you?", "Fine thanks.", "Good.", "the end"]

    done = press(client, f"/stt/{job_id}/speakers", said=said["How are you?"], name=" Ann ")
    assert (done.status_code, done.location) == (303, f"/stt/{job_id}/speakers")
    send(client, f"/stt/{job_id}/speakers", said=said["Fine thanks."], name="Ben")
    assert who(client, job_id) == ["Ann", "Ben", None, None]
    send(client, f"/stt/{job_id}/speakers", said=[said["Good."], said["the end"]], speaker="1")
    assert who(client, job_id) == ["Ann", "Ben", "Ann", "Ann"]
    send(client, f"/stt/{job_id}/speakers", said=said["Good."])
    assert who(client, job_id) == ["Ann", "Ben", None, "Ann"]
    assert text_of(client, job_id) == (
        "Ann: How are you?\n\nBen: Fine thanks.\n\nGood.\n\nAnn: the end\n"
    )
    page = look(client, f"/stt/{job_id}").text
    assert page.count('<strong class="speaker">Ann:</strong>') == 2


def test_all_between_two_can_be_given_at_once(client: FlaskClient, job_id: str) -> None:
    said = list(sentences(client, job_id).values())

    send(client, f"/stt/{job_id}/speakers", said=[said[0], said[2]], between="1", name="Ann")
    assert who(client, job_id) == ["Ann", "Ann", "Ann", None]


def test_every_file_says_it_in_its_own_way(client: FlaskClient, job_id: str) -> None:
    said = list(sentences(client, job_id).values())
    send(client, f"/stt/{job_id}/speakers", said=said[:1], name=NAME)
    send(client, f"/stt/{job_id}/speakers", said=said[1:3], name="Ben")

    def file(kind: str) -> str:
        return client.get(f"/stt/{job_id}/transcript.{kind}").text

    assert f"{NAME}: How are you?\n\nBen: Fine thanks. Good.\n\nthe end\n" == file("txt")
    timed = client.get(f"/stt/{job_id}/transcript.txt?times=1").text
    assert timed.startswith(f"[0:00] {NAME}: How")
    assert f"\n{NAME}: How are you?\n" in file("srt")
    assert "\n<v Ann &lt;A&amp;B&gt;>How are you?\n" in file("vtt")
    captions = webvtt.from_string(file("vtt")).captions
    assert [caption.text for caption in captions] == [
        "How are you?",
        "Fine thanks. Good.",
        "the end",
    ]
    assert captions[1].voice == "Ben"
    assert file("tsv").splitlines()[0] == "start\tend\ttext\tspeaker"
    assert file("tsv").splitlines()[2].endswith("\tFine thanks. Good.\tBen")
    told = json.loads(file("json"))
    assert [one["speaker"] for one in told["segments"]] == [NAME, "Ben", None]
    assert told["text"] == "How are you? Fine thanks. Good. the end"
    document = docx.Document(io.BytesIO(client.get(f"/stt/{job_id}/transcript.docx").data))
    written = document.paragraphs[2]
    assert (written.text, written.runs[0].bold) == (f"{NAME}: How are you?", True)
    assert document.paragraphs[4].text == "the end"


def test_who_speaks_stays_when_words_are_corrected(client: FlaskClient, job_id: str) -> None:
    said = list(sentences(client, job_id).values())
    send(client, f"/stt/{job_id}/speakers", said=said[1], name="Ben")

    correct(client, job_id, "How are you all? Very fine thanks. Good.")
    assert text_of(client, job_id).split("\n\n")[:3] == [
        "How are you all?", "Ben: Very fine thanks.", "Good."
    ]  # fmt: skip


def test_a_full_stop_makes_two_of_one_sentence(client: FlaskClient) -> None:
    job_id = transcript(client, "who is there it is me")
    correct(client, job_id, "who is there? it is me")

    assert list(sentences(client, job_id)) == ["who is there?", "it is me"]


def test_names_are_corrected_changed_over_and_taken_out(client: FlaskClient, job_id: str) -> None:
    said = list(sentences(client, job_id).values())
    send(client, f"/stt/{job_id}/speakers", said=said[0], name="Ann")
    send(client, f"/stt/{job_id}/speakers", said=said[1], name="Ben")
    path = f"/stt/{job_id}/speakers/names"

    send(client, path, **{"name-1": "Ben", "name-2": "Ann"})
    assert who(client, job_id)[:2] == ["Ben", "Ann"]
    same = press(client, path, **{"name-1": "Ann", "name-2": "Ann"})
    assert same.status_code == 422
    assert "There is another speaker of that name." in same.text
    assert who(client, job_id)[:2] == ["Ben", "Ann"]
    send(client, path, **{"name-1": " "})
    assert who(client, job_id)[:2] == [None, "Ann"]
    assert count("speakers") == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "Ann"}, "Please tick at least one sentence."),
        ({"said": "0-900", "name": "x" * 61}, "A name has at most 60 characters."),
        ({"said": "5-5", "name": "Ann"}, "Please load the page again"),
        ({"said": "x", "name": "Ann"}, "Please load the page again"),
        ({"said": "0-9", "speaker": "x"}, "This takes a number."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    client: FlaskClient, job_id: str, fields: dict[str, str], sentence: str
) -> None:
    page = press(client, f"/stt/{job_id}/speakers", **fields)

    assert page.status_code == 422
    assert sentence in page.text
    assert count("speaker_turns") == count("speakers") == 0


def test_a_speaker_that_is_gone_is_none(client: FlaskClient, job_id: str) -> None:
    assert send(client, f"/stt/{job_id}/speakers", said="0-9", speaker="7").status_code == 404


def test_many_sentences_come_in_pages(
    client: FlaskClient, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_srvc.speech.document.speaker_pages.SENTENCES_AT_ONCE", 3)

    assert "Page 1 of 2" in look(client, f"/stt/{job_id}/speakers").text
    second = look(client, f"/stt/{job_id}/speakers?page=2").text
    assert second.count('name="said"') == 1
    done = press(client, f"/stt/{job_id}/speakers?page=2", said="0-9", name="Ann")
    assert done.location == f"/stt/{job_id}/speakers?page=2"


def test_nobody_names_speakers_of_somebody_else(
    app: Flask, client: FlaskClient, job_id: str
) -> None:
    other = guest(app)

    assert other.get(f"/stt/{job_id}/speakers", headers=HTML).status_code == 404
    for path in ("speakers", "speakers/names"):
        fields = {"said": "0-9", "name": "Mine", "name-1": "Mine"}
        assert press(other, f"/stt/{job_id}/{path}", **fields).status_code == 404
    assert count("speakers") == 0
