"""The official client of OpenAI's API, with nothing changed but its base URL."""

import socket
from collections.abc import Iterator

import openai
import pytest
import srt
import webvtt

from app_srvc import db
from tests.support import media
from tests.support.recordings import TEXTS, recording
from tests.support.web import Web, form
from tests.support.workers import Workers, wait_for

NAMES = ["days.flac", "money.flac"]


@pytest.fixture
def client(web: Web) -> Iterator[openai.OpenAI]:
    """Return the client as its users make it."""
    with openai.OpenAI(base_url=f"{web.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def talk() -> tuple[str, bytes]:
    """Return a recording of two sentences."""
    return "talk.flac", media.encode(media.joined(NAMES), "flac", "flac")


def test_the_client_gets_every_form(client: openai.OpenAI, worker: Workers) -> None:
    create = client.audio.transcriptions.create
    text = media.text_of(NAMES)

    assert create(model="sphinx", file=talk()).text == text
    assert create(model="whisper-1", file=talk(), response_format="text").split() == text.split()
    subtitles = list(srt.parse(create(model="sphinx", file=talk(), response_format="srt")))
    assert [cue.content for cue in subtitles] == [TEXTS[name] for name in NAMES]
    web_subtitles = webvtt.from_string(create(model="sphinx", file=talk(), response_format="vtt"))
    assert [cue.text for cue in web_subtitles.captions] == [TEXTS[name] for name in NAMES]


def test_the_client_gets_the_times_that_it_asks_for(client: openai.OpenAI, worker: Workers) -> None:
    verbose = client.audio.transcriptions.create(
        model="sphinx",
        file=talk(),
        language="en",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )

    assert verbose.words is not None
    assert verbose.segments is not None
    assert " ".join(word.word for word in verbose.words) == media.text_of(NAMES)
    assert [segment.text for segment in verbose.segments] == [TEXTS[name] for name in NAMES]
    assert 0 < verbose.words[0].start < verbose.words[0].end < verbose.duration
    assert verbose.language == "english"
    plain = client.audio.transcriptions.create(
        model="sphinx", file=talk(), response_format="verbose_json"
    )
    assert plain.words is None
    assert plain.segments


def test_the_client_can_follow_the_text_as_it_grows(client: openai.OpenAI, worker: Workers) -> None:
    stream = client.audio.transcriptions.create(model="sphinx", file=talk(), stream=True)
    told = list(stream)

    deltas = [event.delta for event in told if event.type == "transcript.text.delta"]
    assert deltas == [TEXTS["days.flac"], f" {TEXTS['money.flac']}"]
    assert told[-1].type == "transcript.text.done"
    assert told[-1].text == media.text_of(NAMES)


def test_the_client_lists_the_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["sphinx"]
    assert client.models.retrieve("sphinx").owned_by == "cherha"
    with pytest.raises(openai.NotFoundError, match="no model called oracle"):
        client.models.retrieve("oracle")


@pytest.mark.parametrize(
    ("fields", "param", "sentence"),
    [
        ({"model": "oracle"}, "model", "There is no recogniser called oracle; there is sphinx."),
        ({"model": "sphinx", "language": "uk"}, "language", "sphinx knows en-US, and not uk."),
        (
            {"model": "sphinx", "response_format": "pdf"},
            "response_format",
            "response_format can be one of json, text, srt, verbose_json, vtt.",
        ),
        (
            {"model": "sphinx", "timestamp_granularities": ["letter"]},
            "timestamp_granularities[]",
            "timestamp_granularities[] can be one of word, segment.",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_the_clients_shape(
    fields: dict[str, object], param: str, sentence: str, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.audio.transcriptions.create(file=talk(), **fields)  # type: ignore[call-overload]

    assert refused.value.body is not None
    assert refused.value.param == param
    assert sentence in str(refused.value)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM jobs")
        assert cur.fetchone() == (0,)


def test_what_is_no_recording_is_told_in_the_clients_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="This is not audio or video") as refused:
        client.audio.transcriptions.create(model="sphinx", file=("x.mp3", b"text"))

    assert refused.value.status_code == 415


def test_a_job_that_fails_is_told_with_its_reason(client: openai.OpenAI, workers: Workers) -> None:
    workers.start(MAX_RECORDING_SECONDS="3")

    with pytest.raises(openai.UnprocessableEntityError, match="longer than"):
        client.audio.transcriptions.create(model="sphinx", file=talk())


@pytest.mark.parametrize("stream", ["false", "true"])
def test_work_that_nobody_waits_for_is_cancelled(stream: str, web: Web) -> None:
    body, content_type = form([("a.flac", recording("days.flac"))], model="sphinx", stream=stream)
    head = (
        f"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: {content_type}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", web.port)) as sock:
        sock.sendall(head.encode() + body)
        wait_for(lambda: states() == ["waiting"])

    wait_for(lambda: states() == ["cancelled"])


def states() -> list[str]:
    """Return the states of all jobs."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT state FROM jobs")
        return [state for (state,) in cur.fetchall()]
