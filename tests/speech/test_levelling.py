"""Segments on their way to a service: loud enough, and in files that are read everywhere."""

import io
import wave

import av
import pytest

from app_srvc.speech import levelling
from app_srvc.speech.importing import import_quietly
from tests.support import media


def loudness(samples: bytes) -> tuple[float, float]:
    """Return the mean and the peak in decibels below the loudest possible."""
    sound = import_quietly("pydub").AudioSegment(
        data=samples, sample_width=2, frame_rate=16_000, channels=1
    )
    return sound.dBFS, sound.max_dBFS


def quiet(decibels: float) -> bytes:
    """Return a recording at that distance from how it was made."""
    sound = import_quietly("pydub").AudioSegment(
        data=media.samples_of("days.flac"), sample_width=2, frame_rate=16_000, channels=1
    )
    return bytes(sound.apply_gain(-decibels).raw_data)


def test_quiet_speech_becomes_louder_and_is_never_clipped() -> None:
    for samples in (quiet(20), quiet(30)):
        mean, peak = loudness(levelling.level(samples))
        assert mean > loudness(samples)[0] + 10
        assert mean <= levelling.WANTED_DB + 0.5
        assert peak <= -0.9


def test_what_is_almost_silent_is_not_blown_up() -> None:
    samples = quiet(70)

    assert loudness(levelling.level(samples))[0] <= loudness(samples)[0] + 31


@pytest.mark.parametrize("samples", [b"", media.silence(1), media.tone(1)])
def test_silence_and_what_is_loud_stay_as_they_are(samples: bytes) -> None:
    assert levelling.level(samples) == samples


def test_files_hold_the_same_samples() -> None:
    samples = media.samples_of("days.flac")

    with wave.open(io.BytesIO(levelling.wav(samples))) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, len(samples) // 2)
        assert file.readframes(len(samples)) == samples
    with av.open(io.BytesIO(levelling.flac(samples)), "r") as container:
        frames = list(container.decode(audio=0))
    assert b"".join(bytes(f.planes[0])[: f.samples * 2] for f in frames) == samples
    assert frames[0].sample_rate == 16_000
