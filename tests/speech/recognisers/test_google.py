"""Google's Web Speech protocol, spoken to a service on this machine."""

import io
import logging
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import av
import pytest

from app_srvc.errors import PermanentError, RemoteDown
from app_srvc.speech import recognisers
from tests.support import media
from tests.support.services import Answer, Service

KEY = "AI-a-key-that-nobody-may-see"
SOUND = media.samples_of("days.flac")
LENGTH_MS = len(SOUND) // 32
GOOD = Answer(
    b'{"result":[]}\n{"result":[{"alternative":[{"transcript":"monday tuesday","confidence":0.9},'
    b'{"transcript":"mundane news day"}],"final":true}],"result_index":0}\n'
)


@pytest.fixture
def google(service: Service, setting: Callable[..., None]) -> recognisers.Recogniser:
    """Return the recogniser, set up for the service."""
    setting(
        google_speech_key=KEY, google_speech_url=f"{service.url}/recognize",
        remote_timeout_seconds=1,
    )  # fmt: skip
    service.answers = [GOOD]
    return recognisers.load("google")


def test_it_sends_what_the_protocol_asks_for(
    google: recognisers.Recogniser, service: Service
) -> None:
    google.recognise(SOUND, "uk-UA")

    request = service.requests[0]
    query = parse_qs(urlsplit(request.path).query)
    assert (query["lang"], query["key"]) == (["uk-UA"], [KEY])
    assert request.headers["Content-Type"] == "audio/x-flac; rate=16000"
    with av.open(io.BytesIO(request.body), "r") as sent:
        assert sent.format.name == "flac"
        assert sum(frame.samples for frame in sent.decode(audio=0)) == len(SOUND) // 2


def test_the_best_words_share_the_sound(google: recognisers.Recogniser) -> None:
    words = google.recognise(SOUND, "en-US").words

    assert [(word.text, word.confidence) for word in words] == [("monday", 0.9), ("tuesday", 0.9)]
    assert (words[0].start_ms, words[-1].end_ms) == (0, LENGTH_MS)
    assert words[0].end_ms == words[1].start_ms


@pytest.mark.parametrize("body", [b"", b'{"result":[]}\n', b'{"result":[{"alternative":[]}]}'])
def test_nothing_understood_has_no_words(
    body: bytes, google: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [Answer(body)]

    assert google.recognise(SOUND, "en-US").words == []
    assert google.recognise(b"", "en-US").words == []
    assert len(service.requests) == 1


@pytest.mark.parametrize("body", [b'{"result":[{"alternative":[5]}]}', b"\xff\xfe"])
def test_what_cannot_be_understood_is_told_after_three_tries(
    body: bytes, google: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [Answer(body)]

    with pytest.raises(RemoteDown, match="cannot be understood"):
        google.recognise(SOUND, "en-US")
    assert len(service.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_key_is_said_without_the_key(
    status: int,
    google: recognisers.Recogniser,
    service: Service,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "app_srvc")
    service.answers = [Answer(b"", status)]

    with pytest.raises(PermanentError, match="GOOGLE_SPEECH_KEY") as refused:
        google.recognise(SOUND, "en-US")
    assert len(service.requests) == 1
    assert KEY not in str(refused.value) + caplog.text
