"""What everything that runs Whisper's models has to do, whatever the model understands."""

import json
from itertools import pairwise

import pytest

from app_srvc.errors import PermanentError
from app_srvc.speech import recognisers
from app_srvc.speech.recognisers.languages import WHISPER
from tests.support import media

SOUND = media.samples_of("days.flac")
LENGTH_MS = len(SOUND) // 32


class Whispering:
    """Tests for a `recogniser` fixture."""

    def test_words_have_times_in_order_and_a_confidence(
        self, recogniser: recognisers.Recogniser
    ) -> None:
        words = recogniser.recognise(SOUND, "en").words

        assert words
        assert all(0 <= word.start_ms <= word.end_ms <= LENGTH_MS for word in words)
        assert all(one.end_ms <= other.start_ms for one, other in pairwise(words))
        assert all(0 <= word.confidence <= 1 for word in words)
        assert all(word.text == word.text.strip() != "" for word in words)
        assert json.loads(json.dumps(words)) == [list(word) for word in words]

    def test_the_language_is_found_out_when_none_is_given(
        self, recogniser: recognisers.Recogniser
    ) -> None:
        assert recogniser.recognise(SOUND, "").language in WHISPER
        assert recogniser.recognise(SOUND, "jv").language is None

    @pytest.mark.parametrize("samples", [b"", bytes(2), media.silence(0.01), media.silence(0.1)])
    def test_next_to_nothing_is_no_error(
        self, samples: bytes, recogniser: recognisers.Recogniser
    ) -> None:
        assert recogniser.recognise(samples, "en").language is None

    def test_a_language_that_the_model_lacks_is_told(
        self, recogniser: recognisers.Recogniser
    ) -> None:
        with pytest.raises(PermanentError, match="does not know Cantonese"):
            recogniser.recognise(SOUND, "yue")
