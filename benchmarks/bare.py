"""The recogniser with nothing round it: find speech, cut it, decode the segments.

    python -m benchmarks.bare FILE

FILE holds 16 kHz, one-channel, 16-bit samples. Printed are the processor seconds of the decoding
alone: no transcription can take less.
"""

import argparse
import time
from pathlib import Path

from app_srvc.speech.recognisers.sphinx import Sphinx
from app_srvc.speech.segmenting import SpeechFinder, plan
from app_srvc.speech.sound import Heard, Sizes, Span


def main() -> None:
    """Decode, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    samples = parser.parse_args().file.read_bytes()
    spans = cut(samples)
    recogniser = Sphinx()
    began = time.process_time()
    decode(recogniser, samples, spans)
    print(time.process_time() - began)


def cut(samples: bytes) -> list[Span]:
    """Return the segments that a worker would make."""
    finder = SpeechFinder()
    for _ in finder.listen([samples]):
        pass
    return plan(finder.runs, len(samples) // 32, Sizes(), lambda span: samples[slice(*span.bytes)])


def decode(recogniser: Sphinx, samples: bytes, spans: list[Span]) -> list[Heard]:
    """Return what is heard in each segment."""
    return [recogniser.recognise(samples[slice(*span.bytes)], "en-US") for span in spans]


if __name__ == "__main__":
    main()
