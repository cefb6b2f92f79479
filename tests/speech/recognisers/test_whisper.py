"""OpenAI's own Whisper, tried with a model that understands nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app_srvc.speech import recognisers
from tests.speech.recognisers.whispering import Whispering
from tests.support import tiny_models

pytest.importorskip("whisper")
# The library leaves the file of its vocabulary open.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the model and return its file."""
    return tiny_models.for_whisper(tmp_path_factory.mktemp("model") / "model.pt")


@pytest.fixture
def recogniser(model: Path, setting: Callable[..., None]) -> recognisers.Recogniser:
    """Return the recogniser with the model."""
    setting(whisper_model=model)
    return recognisers.load("whisper")


class TestWhisper(Whispering):
    """See `whispering`."""
