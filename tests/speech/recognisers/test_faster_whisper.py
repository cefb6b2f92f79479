"""Whisper's models run by CTranslate2, tried with a model that understands nothing."""

from collections.abc import Callable

import pytest

from app_srvc import storage
from app_srvc.jobs.states import State
from app_srvc.speech import intake, recognisers, showing
from app_srvc.speech.recognisers import languages
from app_srvc.uploads.receiving import Upload
from tests.speech.recognisers.whispering import Whispering
from tests.support import tiny_models
from tests.support.recordings import recording
from tests.support.workers import Workers, wait_for_end

pytest.importorskip("faster_whisper")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write the model and return its folder."""
    return str(tiny_models.for_ctranslate2(tmp_path_factory.mktemp("model")))


@pytest.fixture
def recogniser(model: str, setting: Callable[..., None]) -> recognisers.Recogniser:
    """Return the recogniser with the model."""
    setting(faster_whisper_model=model)
    return recognisers.load("faster-whisper")


class TestFasterWhisper(Whispering):
    """See `whispering`."""


def test_a_forked_job_runs_it_and_notes_the_language(
    database: None, recogniser: recognisers.Recogniser, worker: Workers
) -> None:
    upload = Upload("days.flac", storage.save([recording("days.flac")]))
    job_id = intake.take_in([upload], None, "faster-whisper").accepted[0].job_id

    assert wait_for_end(job_id).state == State.FINISHED
    told = showing.recognised(job_id)
    assert told.language in languages.WHISPER
    assert told.segments[0].words
