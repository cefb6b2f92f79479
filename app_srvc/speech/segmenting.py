"""Find speech in sound, and cut it at pauses into segments that a recogniser likes.

The lengths are those that measured best with pocketsphinx; docs/decisions.md has the figures.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import pocketsphinx

from app_srvc.speech.levelling import as_pydub
from app_srvc.speech.sound import RATE, Sizes, Span

FRAME_MS = 30
# WebRTC's detector: 0 takes most for speech, 3 least.
VAD_MODE = 2
SHORTEST_MS = 90
PAUSE_MS = 600
PAD_MS = 200
QUIET_WINDOW_MS = 100


class SpeechFinder:
    """Listens to sound as it streams by and remembers where somebody spoke."""

    def __init__(self) -> None:
        self._vad = pocketsphinx.Vad(VAD_MODE, RATE, FRAME_MS / 1000)
        self._rest = b""
        self._frames = 0
        self._runs: list[Span] = []
        self._start: int | None = None

    def listen(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass sound on, and hear it on the way."""
        for chunk in chunks:
            self._hear(chunk)
            yield chunk
        self._close(self._frames * FRAME_MS)

    @property
    def runs(self) -> list[Span]:
        """Where somebody spoke without a break."""
        return [run for run in self._runs if run.end_ms - run.start_ms >= SHORTEST_MS]

    def _hear(self, chunk: bytes) -> None:
        data = self._rest + chunk
        size = self._vad.frame_bytes
        end = len(data) - len(data) % size
        for offset in range(0, end, size):
            now = self._frames * FRAME_MS
            if not self._vad.is_speech(data[offset : offset + size]):
                self._close(now)
            elif self._start is None:
                self._start = now
            self._frames += 1
        self._rest = data[end:]

    def _close(self, now: int) -> None:
        if self._start is not None:
            self._runs.append(Span(self._start, now))
            self._start = None


def plan(
    runs: list[Span], total_ms: int, sizes: Sizes, read: Callable[[Span], bytes]
) -> list[Span]:
    """Turn runs of speech into segments: merged over short pauses, padded, cut where too long.

    `read` returns the samples of a span; it is asked only where a cut has to be found.
    """
    padded = [
        Span(max(0, run.start_ms - PAD_MS), min(total_ms, run.end_ms + PAD_MS))
        for run in _merge(runs, sizes.merged_ms)
    ]
    for i, (one, other) in enumerate(pairwise(padded)):
        if one.end_ms > other.start_ms:
            middle = (one.end_ms + other.start_ms) // 2
            padded[i] = Span(padded[i].start_ms, middle)
            padded[i + 1] = Span(middle, other.end_ms)
    return [piece for span in padded for piece in _cut(span, sizes.longest_ms, read)]


def _merge(runs: list[Span], longest_ms: int) -> list[Span]:
    merged: list[Span] = []
    for run in runs:
        if (
            merged
            and run.start_ms - merged[-1].end_ms <= PAUSE_MS
            and run.end_ms - merged[-1].start_ms <= longest_ms
        ):
            merged[-1] = Span(merged[-1].start_ms, run.end_ms)
        else:
            merged.append(run)
    return merged


def _cut(span: Span, longest_ms: int, read: Callable[[Span], bytes]) -> Iterator[Span]:
    while span.end_ms - span.start_ms > longest_ms:
        second_half = Span(span.start_ms + longest_ms // 2, span.start_ms + longest_ms)
        middle = second_half.start_ms + _quietest_ms(read(second_half))
        yield Span(span.start_ms, middle)
        span = Span(middle, span.end_ms)
    if span.end_ms > span.start_ms:
        yield span


def _quietest_ms(samples: bytes) -> int:
    """Return the middle of the quietest window, in milliseconds from the first sample."""
    sound = as_pydub(samples)
    starts = range(0, max(1, len(sound) - QUIET_WINDOW_MS), QUIET_WINDOW_MS // 2)
    quietest = min(starts, key=lambda start: sound[start : start + QUIET_WINDOW_MS].rms)
    return quietest + QUIET_WINDOW_MS // 2
