"""Recognisers that speak OpenAI's protocol, asked of a service on this machine."""

import io
import logging
import math
import signal
import wave
from collections.abc import Callable
from typing import Any

import pytest

from app_srvc import db, storage
from app_srvc.errors import PermanentError, RemoteDown
from app_srvc.jobs.repository import reading
from app_srvc.jobs.states import State
from app_srvc.speech import intake, recognisers
from app_srvc.uploads.receiving import Upload
from tests.support import media
from tests.support.recordings import TEXTS, recording
from tests.support.services import HANG, Answer, Service, as_json
from tests.support.web import Web
from tests.support.workers import Workers, job, wait_for, wait_for_end

KEY = "sk-a-key-that-nobody-may-see"
SOUND = media.samples_of("days.flac")
LENGTH_MS = len(SOUND) // 32

SEGMENTS = [
    {"start": 0.0, "end": 1.0, "text": " Good day.", "avg_logprob": -0.5, "no_speech_prob": 0.1},
    {"start": 1.0, "end": 2.0, "text": " Thanks!", "avg_logprob": -0.1, "no_speech_prob": 0.9},
]
WORDS = [
    {"word": "Good", "start": 0.1, "end": 0.4},
    {"word": "day", "start": 0.5, "end": 0.9},
    {"word": "Thanks", "start": 1.1, "end": 1.9},
]
VERBOSE = {"text": "Good day. Thanks!", "language": "ukrainian", "segments": SEGMENTS}


@pytest.fixture
def openai(service: Service, setting: Callable[..., None]) -> recognisers.Recogniser:
    """Return the recogniser, set up for the service."""
    setting(
        openai_api_key=KEY, openai_base_url=f"{service.url}/v1", remote_timeout_seconds=1
    )  # fmt: skip
    service.answers = [as_json(VERBOSE | {"words": WORDS})]
    return recognisers.load("openai")


def test_it_sends_what_the_protocol_asks_for(
    openai: recognisers.Recogniser, service: Service
) -> None:
    openai.recognise(SOUND, "uk")

    request = service.requests[0]
    assert request.path == "/v1/audio/transcriptions"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.parts["model"] == [b"whisper-1"]
    assert request.parts["language"] == [b"uk"]
    assert request.parts["response_format"] == [b"verbose_json"]
    assert request.parts["timestamp_granularities[]"] == [b"word", b"segment"]
    with wave.open(io.BytesIO(request.parts["file"][0])) as sent:
        assert sent.getparams()[:4] == (1, 2, 16_000, len(SOUND) // 2)


def test_words_keep_their_times_and_what_nobody_said_is_dropped(
    openai: recognisers.Recogniser,
) -> None:
    words = openai.recognise(SOUND, "uk").words

    sure = round(math.exp(-0.5), 3)
    assert words == [(100, 400, "Good", sure), (500, 900, "day", sure)]


def test_the_language_is_found_out_when_none_is_given(
    openai: recognisers.Recogniser, service: Service
) -> None:
    heard = openai.recognise(SOUND, "")

    assert heard.language == "uk"
    assert "language" not in service.requests[0].parts
    assert openai.recognise(SOUND, "uk").language is None


def test_words_without_times_share_their_segments(
    openai: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [as_json(VERBOSE)]

    words = openai.recognise(SOUND, "uk").words

    assert [word.text for word in words] == ["Good", "day."]
    assert (words[0].start_ms, words[0].end_ms, words[1].end_ms) == (0, 500, 1000)


def test_a_model_that_tells_a_text_only_is_asked_for_no_more(
    openai: recognisers.Recogniser, service: Service, setting: Callable[..., None]
) -> None:
    setting(openai_model="gpt-4o-transcribe")
    service.answers = [as_json({"text": "one three"})]

    words = recognisers.load("openai").recognise(SOUND, "en").words

    assert service.requests[0].parts["response_format"] == [b"json"]
    assert "timestamp_granularities[]" not in service.requests[0].parts
    assert [word.text for word in words] == ["one", "three"]
    assert (words[0].start_ms, words[1].end_ms) == (0, LENGTH_MS)


def test_nothing_said_has_no_words(openai: recognisers.Recogniser, service: Service) -> None:
    service.answers = [as_json({"text": "", "language": "english", "segments": [], "words": []})]

    assert openai.recognise(SOUND, "en").words == []
    assert openai.recognise(b"", "en").words == []
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        as_json({"text": 5}),
        Answer(b'{"text": "x", "words": [{"word": "x", "start": NaN, "end": 1}]}'),
    ],
)
def test_what_cannot_be_understood_is_told_after_three_tries(
    fault: Answer, openai: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [fault]

    with pytest.raises(RemoteDown, match="cannot be understood"):
        openai.recognise(SOUND, "uk")
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(f'{{"error": {{"message": "Bad key: {KEY}"}}}}'.encode(), 401), "OPENAI_API_KEY"),
        (Answer(b"", 403), "OPENAI_API_KEY"),
        (Answer(b"", 404), "OPENAI_MODEL and OPENAI_BASE_URL"),
        (as_json({"error": {"code": "insufficient_quota"}})._replace(status=429), "used up"),
    ],
)
def test_a_refusal_is_for_good_and_says_what_to_look_at_without_the_key(
    answer: Answer,
    sentence: str,
    openai: recognisers.Recogniser,
    service: Service,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "app_srvc")
    service.answers = [answer]

    with pytest.raises(PermanentError, match=sentence) as refused:
        openai.recognise(SOUND, "uk")
    assert len(service.requests) == 1
    assert KEY not in str(refused.value) + caplog.text


class TimeIsUp(Exception):
    """What an engine raises inside a job that takes too long."""


def test_the_time_out_of_the_job_is_not_taken_for_a_fault_of_the_service(
    openai: recognisers.Recogniser, service: Service, setting: Callable[..., None]
) -> None:
    def ring(*_: object) -> None:
        raise TimeIsUp

    setting(remote_timeout_seconds=60)
    service.answers = [HANG]
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1)
        with pytest.raises(TimeIsUp):
            recognisers.load("openai").recognise(SOUND, "uk")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(service.requests) == 1


def test_groq_is_the_same_with_settings_of_its_own(
    service: Service, setting: Callable[..., None]
) -> None:
    setting(groq_api_key="gsk-1", groq_base_url=f"{service.url}/openai/v1")
    service.answers = [as_json(VERBOSE | {"words": WORDS})]

    assert len(recognisers.load("groq").recognise(SOUND, "uk").words) == 2
    assert service.requests[0].path == "/openai/v1/audio/transcriptions"
    assert service.requests[0].headers["Authorization"] == "Bearer gsk-1"
    assert service.requests[0].parts["model"] == [b"whisper-large-v3-turbo"]


def test_it_understands_our_own_api(
    web: Web, worker: Workers, setting: Callable[..., None]
) -> None:
    setting(openai_api_key="none", openai_base_url=f"{web.url}/v1", openai_model="sphinx")

    words = recognisers.load("openai").recognise(SOUND, "en").words

    assert " ".join(word.text for word in words) == TEXTS["days.flac"]
    assert len({word.confidence for word in words}) > 1
    assert 0 < words[0].start_ms < words[-1].end_ms <= LENGTH_MS


def test_a_job_waits_for_a_service_that_is_down_and_says_why(
    database: None, openai: recognisers.Recogniser, service: Service, workers: Workers
) -> None:
    good = service.answers
    service.answers = [Answer(KEY.encode(), 503, {"Retry-After": "1"})]
    workers.start()
    upload = Upload("days.flac", storage.save([recording("days.flac")]))
    job_id = intake.take_in([upload], None, "openai").accepted[0].job_id

    wait_for(lambda: job(job_id).failures)
    service.answers = good
    assert wait_for_end(job_id).state == State.FINISHED
    told = everything_about(job_id)
    assert "openai does not answer just now (status 503)." in told
    assert KEY not in told


def everything_about(job_id: str) -> str:
    """Return what a job's owner can read of it."""
    with db.transaction() as conn:
        parts: list[Any] = [
            reading.find(conn, job_id),
            *reading.attempts(conn, job_id),
            *reading.log_lines(conn, job_id),
        ]
    return "\n".join(map(str, parts))
