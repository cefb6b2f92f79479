"""What recognisers that ask a service do when it has a fault, whatever protocol it speaks."""

from collections.abc import Callable

import pytest

from app_srvc.errors import RemoteDown
from app_srvc.speech import recognisers
from tests.support import media
from tests.support.services import DOWN, DRIP, HANG, Answer, Service, as_json

SOUND = media.samples_of("days.flac")
GOOD = {
    "google": as_json({"result": [{"alternative": [{"transcript": "monday tuesday"}]}]}),
    "openai": as_json({"text": "monday tuesday"}),
}
BUSY = Answer(b"", 429, {"Retry-After": "1"})
NONSENSE = Answer(b"<html>")


@pytest.fixture(params=sorted(GOOD))
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of the recogniser that the test is about."""
    return str(request.param)


@pytest.fixture
def recogniser(name: str, service: Service, setting: Callable[..., None]) -> recognisers.Recogniser:
    """Return the recogniser, set up for the service."""
    setting(
        google_speech_key="AI-1", google_speech_url=f"{service.url}/recognize",
        openai_api_key="sk-1", openai_base_url=f"{service.url}/v1", remote_timeout_seconds=1,
    )  # fmt: skip
    service.answers = [GOOD[name]]
    return recognisers.load(name)


@pytest.mark.parametrize("faults", [[DOWN, DOWN], [BUSY, BUSY], [NONSENSE, NONSENSE], [DOWN, BUSY]])
def test_a_fault_that_passes_is_not_seen(
    faults: list[Answer], recogniser: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [*faults, *service.answers]

    assert len(recogniser.recognise(SOUND, "en").words) == 2
    assert len(service.requests) == 3


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (DOWN, r"does not answer just now \(status 503\)\."),
        (HANG, r"cannot be reached just now, or is too slow\."),
        (DRIP, r"cannot be reached just now, or is too slow\."),
        (NONSENSE, r"has answered something that cannot be understood\."),
        (as_json([]), r"has answered something that cannot be understood\."),
    ],
)
def test_a_fault_that_stays_is_told_after_three_tries(
    fault: Answer, sentence: str, name: str, recogniser: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [fault]

    with pytest.raises(RemoteDown, match=f"^{name} {sentence}$"):
        recogniser.recognise(SOUND, "en")
    assert len(service.requests) == 3


def test_a_service_that_is_not_there_is_told(
    recogniser: recognisers.Recogniser, service: Service
) -> None:
    service.stop()

    with pytest.raises(RemoteDown, match="cannot be reached"):
        recogniser.recognise(SOUND, "en")


@pytest.mark.parametrize(
    ("status", "told", "pause"),
    [(429, "600", 600), (503, "Fri, 31 Dec 2100 23:59:59 GMT", 3600)],
)
def test_who_is_asked_to_stay_away_for_long_does_not_wait_here(
    status: int, told: str, pause: float, recogniser: recognisers.Recogniser, service: Service
) -> None:
    service.answers = [Answer(b"", status, {"Retry-After": told})]

    with pytest.raises(RemoteDown) as down:
        recogniser.recognise(SOUND, "en")
    assert down.value.pause_seconds == pause
    assert len(service.requests) == 1
