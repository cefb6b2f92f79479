"""Our recogniser against SpeechRecognition's plain `recognize_sphinx`, on the same files.

    python -m benchmarks.recogniser [--recordings FOLDER]

Ours finds speech, cuts it and decodes the segments with one decoder that stays; the baseline gets
each file whole. Printed are processor seconds a second of sound (RTF) and the share of words that
are wrong (WER: words put in, left out or mistaken, for each that was said).
"""

import argparse
import math
import time
from collections.abc import Callable
from functools import cache

import speech_recognition

from app_srvc.speech.recognisers.sphinx import Sphinx
from app_srvc.speech.sound import RATE
from benchmarks import bare, figures, recordings
from benchmarks.recordings import Clip

LIMIT = 0.5
# Of several runs the fastest counts: the others tell what else the machine was doing.
ROUNDS = 3


def main() -> None:
    """Measure both in turn, file by file, and end with 1 when the limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    recordings.add_option(parser)
    clips = recordings.load(parser.parse_args().recordings)
    ours(clips[0])  # Loads the model, as a worker does before its first job.
    seconds, wrong = [0.0, 0.0], [0, 0]
    for clip in clips:
        fastest = [math.inf, math.inf]
        for _ in range(ROUNDS):
            for number, recognise in enumerate((plain, ours)):
                began = time.process_time()
                text = recognise(clip)
                fastest[number] = min(fastest[number], time.process_time() - began)
                wrong[number] += word_errors(clip.text.split(), text.split())
        seconds = [one + other for one, other in zip(seconds, fastest, strict=True)]
    wrong = [errors // ROUNDS for errors in wrong]
    sound, said = sum(clip.seconds for clip in clips), sum(len(c.text.split()) for c in clips)
    plainly, mine = (f"{cost / sound:.3f} s" for cost in seconds)
    missed, mistaken = (f"{100 * errors / said:.1f} %" for errors in wrong)
    figures.end([
        figures.at_most(
            "the recogniser, processor a second of sound", mine, LIMIT,
            baseline=f"{plainly}, recognize_sphinx", ratio=seconds[1] / seconds[0],
        ),
        figures.Figure(
            f"words wrong, of {said}", mistaken, f"{missed}, recognize_sphinx",
            wrong[1] / max(wrong[0], 1), "≤ 1", wrong[1] <= wrong[0],
        ),
    ])  # fmt: skip


def plain(clip: Clip) -> str:
    """Recognise as the library's examples do."""
    recogniser = speech_recognition.Recognizer()
    audio = speech_recognition.AudioData(clip.samples, RATE, 2)
    recognise: Callable[[speech_recognition.AudioData], str] = recogniser.recognize_sphinx
    return recognise(audio)


def ours(clip: Clip) -> str:
    """Recognise as a worker does once the sound is decoded."""
    heard = bare.decode(_sphinx(), clip.samples, bare.cut(clip.samples))
    return " ".join(word.text for one in heard for word in one.words)


@cache
def _sphinx() -> Sphinx:
    """Load the model once, as a worker does."""
    return Sphinx()


def word_errors(said: list[str], heard: list[str]) -> int:
    """Return the smallest number of words to put in, leave out or exchange (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


if __name__ == "__main__":
    main()
