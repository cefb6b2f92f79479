"""The speech that is measured on: a folder of recordings with their texts, or the project's own.

A folder holds WAV files and `transcripts.tsv` with the columns file, seconds and text.
"""

import argparse
import csv
import itertools
from pathlib import Path
from typing import NamedTuple

import av

from tests.support import media
from tests.support.recordings import TEXTS

PAUSE_SECONDS = 0.7


class Clip(NamedTuple):
    """A recording as 16 kHz, one-channel, 16-bit samples, and what is said in it."""

    name: str
    samples: bytes
    text: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / 2 / media.RATE


def add_option(parser: argparse.ArgumentParser) -> None:
    """Let the command line name the folder."""
    parser.add_argument("--recordings", type=Path, metavar="FOLDER")


def load(folder: Path | None) -> list[Clip]:
    """Return the clips of a folder, or our own."""
    if folder is None:
        return [Clip(name, media.samples_of(name), TEXTS[name]) for name in sorted(TEXTS)]
    with (folder / "transcripts.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [Clip(row["file"], _samples(folder / row["file"]), row["text"]) for row in rows]


def joined(clips: list[Clip], seconds: float) -> bytes:
    """Return samples of the clips in turn with pauses between, for at least so long."""
    wanted, sound = int(seconds * media.RATE) * 2, bytearray()
    for clip in itertools.cycle(clips):
        if len(sound) >= wanted:
            return bytes(sound)
        sound += clip.samples + media.silence(PAUSE_SECONDS)
    raise ValueError("there is no clip")


def _samples(path: Path) -> bytes:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=media.RATE)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)
