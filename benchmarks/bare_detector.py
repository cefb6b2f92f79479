"""A detector with nothing round it: decode the picture, look, and begin again.

    python -m benchmarks.bare_detector FILE COUNT

Printed are the seconds for each picture, and those of the processor: on one core, none can be
looked at in less.
"""

import argparse
import time
from pathlib import Path

from app_srvc.detection import detectors, pictures, tasks


def main() -> None:
    """Look, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    tasks.preload()
    detector = detectors.load(detectors.OPENCV)
    began, began_working = time.monotonic(), time.process_time()
    for _ in range(options.count):
        with options.file.open("rb") as file:
            detector.find(pictures.as_pixels(pictures.decode(file)))
    print((time.monotonic() - began) / options.count)
    print((time.process_time() - began_working) / options.count)


if __name__ == "__main__":
    main()
