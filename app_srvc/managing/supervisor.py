"""Keep some workers of one script running: `manage_worker.py start` leaves this process behind.

It begins those anew that die, and none that was told to stop, which ends with 0. SIGTERM stops
them, a second one gives their jobs back; SIGUSR1 says that none is to be begun any more, and the
process goes when the last has ended. However it ends, its workers finish their jobs and go.
"""

import logging
import logging.handlers
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType

from app_srvc.launching.supervising import Child
from app_srvc.managing import claims, home, scripts
from app_srvc.managing.scripts import ROOT, Script

WATCH_SECONDS = 0.1
LOG_BYTES = 10_000_000
OLDER_LOGS = 3


def main(kind: str, count: str) -> None:
    """Keep `count` workers of a kind running."""
    _Supervisor(scripts.of_kind(kind), int(count)).watch()


class _Supervisor:
    def __init__(self, script: Script, count: int) -> None:
        self._stop_requests = 0
        self._begins_anew = True
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._request_stop)
        signal.signal(signal.SIGUSR1, self._begin_no_more)
        taken = claims.take(home.names(), script.kind, 1 if script.is_crew else count)
        self._claims = {claim.name: claim for claim in taken}
        own = {script.number_setting: str(count)} if script.is_crew else {}
        self._children = [
            Child(
                name,
                [sys.executable, script.file],
                may_end=True,
                tell=_log_of(name),
                cwd=ROOT,
                env=environment(os.environ | own, name, sys.platform),
            )
            for name in self._claims
        ]

    def watch(self) -> None:
        """Start them, and see to them until all have ended."""
        for child in self._children:
            child.start()
        told = 0
        while self._children:
            for child in list(self._children):
                if child.has_ended or not (self._begins_anew or child.is_running):
                    self._children.remove(child)
                    self._claims[child.name].release()
                elif self._stop_requests > told:
                    child.signal()
                elif self._begins_anew:
                    child.start_again_if_dead()
            told = self._stop_requests
            time.sleep(WATCH_SECONDS)

    def _request_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._begins_anew = False
        self._stop_requests += 1

    def _begin_no_more(self, _signum: int, _frame: FrameType | None) -> None:
        self._begins_anew = False


def environment(given: Mapping[str, str], name: str, platform: str) -> dict[str, str]:
    """Return the environment of a worker process.

    On macOS a fork of a process that has loaded CoreFoundation is killed as soon as it uses it,
    and every job runs in a fork. The first variable lets it live. The second keeps urllib, which
    the recognisers use, from asking CoreFoundation for the system's proxies; where proxies are
    named in the environment it does not ask.
    """
    env = dict(given) | {"WORKER_NAME": name}
    if platform == "darwin":
        env.setdefault("OBJC_DISABLE_INITIALIZE_FORK_SAFETY", "YES")
        if not any(variable.lower().endswith("_proxy") for variable in env):
            env["no_proxy"] = "*"
    return env


def _log_of(name: str) -> Callable[[str, str], None]:
    """Return what writes a line to the log of a name, which is cut before it grows too long."""
    log = logging.handlers.RotatingFileHandler(
        home.logs() / f"{name}.log", maxBytes=LOG_BYTES, backupCount=OLDER_LOGS, encoding="utf-8"
    )

    def tell(_name: str, line: str) -> None:
        log.handle(logging.makeLogRecord({"msg": line.rstrip("\n")}))

    return tell


if __name__ == "__main__":
    main(*sys.argv[1:])
