"""How much memory a file of any size takes on its way to a bucket and back.

`python -m benchmarks.s3_memory`: starts an S3 server of the tests, sends and reads files of two
sizes, each in a process of its own, and prints the most memory that each took beyond an idle one.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MB = 1024 * 1024
KEY = "0123456789abcdef0123456789abcdef"
# The smaller one fills what is held of a file of any size.
SIZES_MB = (64, 640)
MOST_GROWTH = 1.2
ACTIONS = ("save", "pieces", "read", "lent")


def main() -> None:
    """Measure, print a ratio, and end with 1 when the memory grows with the file."""
    from benchmarks import figures
    from tests.support.swift import Swift

    with tempfile.TemporaryDirectory(prefix="cherha-swift-") as folder:
        swift = Swift(Path(folder))
        swift.start()
        try:
            swift.make_bucket()
            measured = {
                (action, size): _run(swift, action, size) for size in SIZES_MB for action in ACTIONS
            }
        finally:
            swift.kill()
    small, large = SIZES_MB
    figures.end(
        figures.at_most(
            f"memory for a file of {large} MB in a bucket: {action}",
            f"{measured[action, large][0]:.1f} MB more", MOST_GROWTH,
            baseline=f"{measured[action, small][0]:.1f} MB for {small} MB",
            ratio=measured[action, large][0] / measured[action, small][0],
        )
        for action in ACTIONS
    )  # fmt: skip


def _run(swift: object, action: str, size: int) -> tuple[float, float]:
    from tests.support.swift import Swift

    assert isinstance(swift, Swift)
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.s3_memory", action, str(size)],
        env={**swift.settings, "PYTHONPATH": "."}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    peak, seconds = told.stdout.split()
    return float(peak), float(seconds)


def _act(action: str, size: int) -> None:
    """Do one of them, and print how much more memory it took at most, and for how long."""
    import io

    from app_srvc.settings.storage import StorageSettings
    from app_srvc.storage.lending import open_lent
    from app_srvc.storage.s3 import S3Storage

    storage = S3Storage(StorageSettings())
    storage.check()
    Path("/proc/self/clear_refs").write_text("5")  # Forgets the peak so far.
    before, began = _memory("VmRSS"), time.monotonic()
    if action == "save":
        storage.save(KEY, (bytes(MB) for _ in range(size)))
    elif action == "pieces":
        storage.delete(KEY)
        kept: dict[str, object] = {}
        for number in range(size // 8):
            piece = io.BytesIO(bytes(8 * MB))
            kept = storage.append(KEY, number * 8 * MB, piece, kept, number + 1)
        storage.seal(KEY, kept, 999)
    else:
        opened = storage.open_file(KEY) if action == "read" else open_lent(storage.lend(KEY))
        with opened as file:
            while file.read(64 * 1024):
                pass
    print(_memory("VmHWM") - before, time.monotonic() - began)


def _memory(what: str) -> float:
    line = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert line
    return int(line[1]) / 1024


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _act(sys.argv[1], int(sys.argv[2]))
    else:
        main()
