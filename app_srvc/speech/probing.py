"""Ask what an uploaded file is, without reading it in this process: see `prober`."""

import json
import select
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import app_srvc
from app_srvc import settings
from app_srvc.errors import AppError, InvalidForm, TooLarge, WrongMediaType
from app_srvc.speech.formats import clock
from app_srvc.speech.sound import Media
from app_srvc.storage import StoredFile

ROOT = Path(app_srvc.__file__).parent.parent
PATIENCE_SECONDS = 10.0
# A prober is replaced after so many files, should a library in it leak.
FILES_EACH = 500


class _Prober:
    """A child process that reads headers, one at a time, and is replaced when it fails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._files = 0

    def ask(self, key: str) -> dict[str, Any] | None:
        """Return the answer, or None when two children crashed or hung on this file."""
        return self._ask(key) or self._ask(key)

    def start(self) -> None:
        """Begin the child, unless it is there."""
        with self._lock:
            self._running()

    def stop(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            if self._process is not None:
                self._end(self._process)

    def _ask(self, key: str) -> dict[str, Any] | None:
        with self._lock:
            process = self._running()
            assert process.stdin is not None  # noqa: S101  # For the type checker.
            assert process.stdout is not None  # noqa: S101
            try:
                process.stdin.write(f"{key}\n")
                process.stdin.flush()
                ready, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS)
                line = process.stdout.readline() if ready else ""
            except BrokenPipeError:
                line = ""
            self._files += 1
            if not line or self._files >= FILES_EACH:
                self._end(process)
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app_srvc.speech.prober"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            self._files = 0
        return self._process

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process = None


_prober = _Prober()
_STATUS_OF = {"NotMedia": WrongMediaType, "NoSound": InvalidForm}


def warm_up() -> None:
    """Begin the prober, so that the first upload need not wait for it."""
    _prober.start()


def probe(file: StoredFile) -> Media:
    """Describe an uploaded file.

    Raises:
        AppError: it cannot be transcribed; the sentence says why.
    """
    if file.bytes == 0:
        raise InvalidForm("The file is empty.")
    answer = _prober.ask(file.key)
    if answer is None:
        raise WrongMediaType("Reading this file failed: it is damaged or made to do harm.")
    if "refused" in answer:
        refusal: type[AppError] = _STATUS_OF.get(answer["refused"], InvalidForm)
        raise refusal(answer["reason"])
    media = Media(**answer)
    limit = settings.load().max_recording_seconds
    if media.seconds is not None and media.seconds > limit:
        raise TooLarge(f"It is {clock(media.seconds)} long; {clock(limit)} is the most.")
    return media
