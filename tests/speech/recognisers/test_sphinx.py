"""PocketSphinx: sound in, words with times and confidence out."""

import itertools

import pytest

from app_srvc.speech import recognisers
from tests.support import media
from tests.support.recordings import TEXTS


@pytest.fixture(scope="module")
def sphinx(backing: object) -> recognisers.Recogniser:
    """Return it."""
    return recognisers.load("sphinx")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_it_understands_our_recordings(name: str, sphinx: recognisers.Recogniser) -> None:
    words = sphinx.recognise(media.samples_of(name), "en-US").words

    assert " ".join(word.text for word in words) == TEXTS[name]


def test_words_have_times_in_order_and_a_confidence(sphinx: recognisers.Recogniser) -> None:
    samples = media.samples_of("digits.flac")
    words = sphinx.recognise(samples, "en-US").words

    assert all(0 <= word.start_ms < word.end_ms <= len(samples) / 32 + 10 for word in words)
    assert all(one.end_ms <= other.start_ms for one, other in itertools.pairwise(words))
    assert all(0 <= word.confidence <= 1 for word in words)
    assert len({word.confidence for word in words}) > 1


@pytest.mark.parametrize("samples", [b"", bytes(2), media.silence(0.01), media.tone(2)])
def test_what_is_no_speech_has_no_words_and_is_no_error(
    samples: bytes, sphinx: recognisers.Recogniser
) -> None:
    assert [word.text for word in sphinx.recognise(samples, "en-US").words] == []


def test_the_order_in_which_it_hears_does_not_matter(sphinx: recognisers.Recogniser) -> None:
    first = sphinx.recognise(media.samples_of("money.flac"), "en-US").words
    for name in ("days.flac", "water.flac"):
        sphinx.recognise(media.samples_of(name), "en-US")

    assert sphinx.recognise(media.samples_of("money.flac"), "en-US").words == first
