"""Ask what an uploaded file is, without reading it in this process: see `prober`."""

import json
import os
import queue
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import app_srvc
from app_srvc import settings, storage
from app_srvc.errors import (
    AppError,
    Conflict,
    InvalidForm,
    StorageDown,
    TooBusy,
    TooLarge,
    WrongMediaType,
)
from app_srvc.speech import durations
from app_srvc.speech.sound import Media
from app_srvc.storage import StoredFile
from app_srvc.words import _, unpack

# What a prober may know of this process's environment.
HARMLESS = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "HTTP_PROXY",
    "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
ROOT = Path(app_srvc.__file__).parent.parent
# A file takes milliseconds; a prober that has not answered then is frozen, or the machine is.
PATIENCE_SECONDS = 30.0
# So many files are looked at at once.
PROBERS = 2
# A prober is replaced after so many files, should a library in it leak.
FILES_EACH = 500


class Harmful(WrongMediaType):
    says = _("Reading this file failed: it is damaged or made to do harm.")


class Prober:
    """A child process that looks at one file at a time, and is replaced when it fails."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self._files = 0

    def ask(self, address: str) -> dict[str, Any] | None:
        """Return the answer, or None when the file ended the child.

        A child that was killed by somebody else, such as a system short of memory, has not
        judged the file: another one looks at it.

        Raises:
            TooBusy: there was no answer in time.
        """
        line = self._ask(address)
        if not line and self._was_killed():
            line = self._ask(address)
        is_alive = self.process is not None and self.process.poll() is None
        if not line or self._files >= FILES_EACH:
            self.stop()
        if not line and is_alive:
            raise TooBusy
        return dict(json.loads(line)) if line else None

    def start(self) -> subprocess.Popen[str]:
        """Begin the child, unless it is there."""
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app_srvc.speech.prober"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={name: os.environ[name] for name in HARMLESS if name in os.environ}
                | storage.current().lending,
            )
            self._files = 0
        return self.process

    def stop(self) -> None:
        """End the child, if there is one."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self.process = None

    def _ask(self, address: str) -> str:
        process = self.start()
        self._files += 1
        assert process.stdin is not None  # noqa: S101  # For the type checker.
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(f"{address}\n")
            process.stdin.flush()
        except BrokenPipeError:
            return ""
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS)
        return process.stdout.readline() if ready else ""

    def _was_killed(self) -> bool:
        if self.process is None:
            return False
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(0.5) in {-signal.SIGKILL, -signal.SIGTERM}
        return False


_idle: queue.LifoQueue[Prober] = queue.LifoQueue()
for _number in range(PROBERS):
    _idle.put(Prober())

_ERRORS: dict[str, type[AppError]] = {
    "NotMedia": WrongMediaType, "Conflict": Conflict, "StorageDown": StorageDown,
}  # fmt: skip


def warm_up() -> None:
    """Begin a prober, so that the first upload need not wait for it."""
    prober = _idle.get()
    prober.start()
    _idle.put(prober)


def probe(file: StoredFile) -> Media:
    """Describe an uploaded file.

    Raises:
        AppError: it cannot be transcribed; the sentence says why.
        TooBusy: it could not be looked at in time.
        StorageDown: it could not be read.
    """
    if file.bytes == 0:
        raise InvalidForm(_("The file is empty."))
    try:
        prober = _idle.get(timeout=PATIENCE_SECONDS)
    except queue.Empty:
        raise TooBusy from None
    try:
        answer = prober.ask(storage.current().lend(file.key))
    finally:
        _idle.put(prober)
    if answer is None:
        raise Harmful
    if "refused" in answer:
        raise _ERRORS.get(answer["refused"], InvalidForm)(unpack(answer["reason"]))
    media = Media(**answer)
    limit = settings.load().max_recording_seconds
    if media.seconds is not None and media.seconds > limit:
        length, most = durations.clock(media.seconds), durations.limit(limit)
        raise TooLarge(_("It is %(length)s long; %(most)s are the most.", length=length, most=most))
    return media
