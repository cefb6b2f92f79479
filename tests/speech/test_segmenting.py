"""Finding speech, and cutting it at pauses."""

import itertools

import pytest

from app_srvc.speech.segmenting import SpeechFinder, plan
from app_srvc.speech.sound import Sizes, Span
from tests.support import media

NAMES = ["days.flac", "money.flac", "water.flac"]


def runs_in(samples: bytes, chunk: int = 32_000) -> list[Span]:
    """Return where somebody speaks."""
    finder = SpeechFinder()
    pieces = (samples[start : start + chunk] for start in range(0, len(samples), chunk))
    assert b"".join(finder.listen(pieces)) == samples
    return finder.runs


def plan_for(samples: bytes) -> list[Span]:
    """Return the segments of some sound."""
    return plan(
        runs_in(samples),
        len(samples) // 32,
        Sizes(),
        lambda span: samples[slice(*span.bytes)],
    )


@pytest.mark.parametrize("samples", [b"", media.silence(5), media.silence(0.01)])
def test_silence_has_no_segments(samples: bytes) -> None:
    assert plan_for(samples) == []


def test_each_sentence_between_pauses_is_a_segment() -> None:
    spans = plan_for(media.joined(NAMES, pause=2.0))

    assert len(spans) == 3
    starts = [0.0]
    for name in NAMES[:-1]:
        starts.append(starts[-1] + len(media.samples_of(name)) / 32_000 + 2.0)
    for span, start, name in zip(spans, starts, NAMES, strict=True):
        assert span.start_ms / 1000 == pytest.approx(start, abs=0.5)
        assert span.end_ms / 1000 == pytest.approx(
            start + len(media.samples_of(name)) / 32_000, abs=0.5
        )


def test_short_pauses_do_not_cut() -> None:
    assert len(plan_for(media.joined(NAMES, pause=0.2))) == 1


@pytest.mark.parametrize("chunk", [2, 960, 1000, 32_000, 10**9])
def test_it_does_not_matter_how_the_sound_arrives(chunk: int) -> None:
    samples = media.joined(NAMES[:2])

    assert runs_in(samples, chunk) == runs_in(samples, 32_000)


def test_segments_lie_within_the_sound_in_order_and_do_not_overlap() -> None:
    samples = media.joined(NAMES * 4, pause=0.7)
    spans = plan_for(samples)

    assert spans[0].start_ms >= 0
    assert spans[-1].end_ms <= len(samples) // 32
    assert all(one.end_ms <= other.start_ms for one, other in itertools.pairwise(spans))
    assert all(0 < span.end_ms - span.start_ms <= Sizes().longest_ms for span in spans)


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    loud, quiet = media.tone(12), media.silence(0.3)
    samples = loud + quiet + loud
    spans = plan([Span(0, 24_300)], 24_300, Sizes(), lambda span: samples[slice(*span.bytes)])

    assert len(spans) == 2
    assert 12_000 <= spans[0].end_ms <= 12_300
    assert spans[0].end_ms == spans[1].start_ms


def test_an_hour_without_a_pause_is_cut_all_through() -> None:
    asked: list[Span] = []

    def read(span: Span) -> bytes:
        asked.append(span)
        return media.silence((span.end_ms - span.start_ms) / 1000)

    spans = plan([Span(0, 3_600_000)], 3_600_000, Sizes(), read)
    assert spans[0].start_ms == 0
    assert spans[-1].end_ms == 3_600_000
    assert all(one.end_ms == other.start_ms for one, other in itertools.pairwise(spans))
    assert all(span.end_ms - span.start_ms <= Sizes().longest_ms for span in spans)
    assert max(span.end_ms - span.start_ms for span in asked) <= Sizes().longest_ms
