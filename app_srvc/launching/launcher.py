"""Start, watch and stop the processes of a home folder, in order."""

import os
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from app_srvc import migrate, settings, storage
from app_srvc.errors import CannotStart
from app_srvc.launching import queue_servers, servers
from app_srvc.launching.servers import Server
from app_srvc.launching.supervising import Child, say
from app_srvc.managing import scripts
from app_srvc.managing.scripts import Script

ROOT = Path(__file__).parent.parent.parent
# RabbitMQ takes 10 to 20 s where nothing else happens, and more than a minute where much does.
READY_SECONDS = 180.0
SERVER_STOP_SECONDS = 30.0
WATCH_SECONDS = 0.2
# To the database: the web's pool, its listener, and people who look; and each worker's two, its
# claim to the dispatcher's post, its job's two, and that job's turn at a service.
WEB_CONNECTIONS = 50
WORKER_CONNECTIONS = 6
# And each worker of calls: one for each thread, and besides.
CALL_CONNECTIONS = 3


class Launcher:
    """The processes of one home folder."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self.home = home
        self.env = dict(env)
        self.env.setdefault("PUBLIC_URL", self.address)
        self.run: Path | None = None
        self.backing: list[Child] = []
        self.web: Child | None = None
        self.flower: Child | None = None
        self.workers: list[Child] = []
        self.stop_requests = 0
        self.is_starting = True

    @property
    def address(self) -> str:
        """Where the web can be reached from this machine."""
        host = self.env["HOST"]
        if host == "0.0.0.0":  # noqa: S104  # It is only compared.
            host = "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.env['PORT']}"

    def start(self) -> None:
        """Start everything in order, each when the one before it is ready.

        Raises:
            CannotStart: something cannot be.
            WrongSetting: the environment has something wrong.
        """
        self._start_servers()
        os.environ.update(self.env)
        storage.check_settings()
        migrate.migrate()
        python = sys.executable
        self.workers = [
            self._child(name, [python, script], signal.SIGKILL, may_end=True)
            for name, script in self._worker_scripts()
        ]
        if settings.load().celery_url is not None:
            os.environ["FLOWER_URL"] = self.env.setdefault(
                "FLOWER_URL", f"unix://{self.run}/flower.sock"
            )
            settings.load.cache_clear()
            self.flower = self._child("flower", [python, "-m", "app_srvc.flower"])
            self.flower.start()
        self.web = self._child("web", [python, "-m", "gunicorn"])
        for child in (self.web, *self.workers):
            child.start()
        if not self.web.wait_until(self._web_answers, READY_SECONDS):
            raise CannotStart("The web process did not start; its lines above say why.")
        self.is_starting = False

    def watch(self) -> None:
        """Start again what dies, until asked to stop."""
        while not self.stop_requests:
            for child in (*self.backing, self.web, self.flower, *self.workers):
                if child is not None:
                    child.start_again_if_dead()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """Stop in the reverse order. A running job is finished; a second request gives it back."""
        if self.web is not None:
            self.web.signal()
        for worker in self.workers:
            worker.signal()
        self._wait_for_workers()
        if self.web is not None and not self.web.wait(SERVER_STOP_SECONDS):
            self.web.signal(signal.SIGKILL)
            self.web.wait()
        for server in (*filter(None, [self.flower]), *reversed(self.backing)):
            server.signal()
            if not server.wait(SERVER_STOP_SECONDS):
                server.signal(signal.SIGKILL)
                server.wait()
        if self.run is not None:
            shutil.rmtree(self.run, ignore_errors=True)

    def request_stop(self, _signum: int, _frame: FrameType | None) -> None:
        """Note that somebody wants to stop, however often.

        Raises:
            KeyboardInterrupt: everything is still starting, which is not waited for.
        """
        self.stop_requests += 1
        if self.is_starting:
            self.is_starting = False
            raise KeyboardInterrupt

    def _wait_for_workers(self) -> None:
        told, asked_at = self.stop_requests, time.monotonic()
        has_said = False
        while any(worker.is_running for worker in self.workers):
            if not has_said and time.monotonic() - asked_at > 1.0:
                say("cherha", "Running jobs are finished first. Ctrl-C again gives them back.")
                has_said = True
            if self.stop_requests > told:
                told = self.stop_requests
                for worker in self.workers:
                    worker.signal(signal.SIGTERM if told <= 2 else signal.SIGKILL)
            time.sleep(0.05)

    def _start_servers(self) -> None:
        self.run = run = servers.run_folder(self.home)
        if "DATABASE_URL" not in self.env:
            workers = len(self._worker_scripts()) + int(self.env["RECORD_WORKERS"])
            calls = int(self.env["CALL_WORKERS"]) * (
                CALL_CONNECTIONS + int(self.env["CALL_THREADS"])
            )
            most = WEB_CONNECTIONS + WORKER_CONNECTIONS * workers + calls
            server = servers.postgresql(self.home, run, f"max_connections={most}")
            self._start_server(server)
            servers.create_database(server)
            self.env["DATABASE_URL"] = server.url
        queue_servers.start(self.home, run, self.env, self._start_server)

    def _worker_scripts(self) -> list[tuple[str, str]]:
        """Return the name of each worker, and its script."""
        return [
            (f"{script.kind}-{number}", script.file)
            for script in scripts.known()
            for number in range(1, 1 + self._processes(script))
        ]

    def _processes(self, script: Script) -> int:
        """Return how many processes of a script there are to be; a crew makes its own."""
        return 1 if script.is_crew else int(self.env.get(script.number_setting, "1"))

    def _start_server(self, server: Server) -> None:
        child = server.child()
        self.backing.append(child)
        child.start()
        if not child.wait_until(server.is_ready, READY_SECONDS):
            raise CannotStart(f"{server.name} did not start; its lines above say why.")

    def _child(
        self,
        name: str,
        command: list[str],
        orphan_signal: signal.Signals = signal.SIGTERM,
        *,
        may_end: bool = False,
    ) -> Child:
        return Child(
            name, command, orphan_signal=orphan_signal, may_end=may_end, cwd=ROOT, env=self.env
        )

    def _web_answers(self) -> bool:
        try:
            answer = urllib.request.urlopen(f"{self.address}/healthz", timeout=1)  # noqa: S310  # Our own.
        except OSError:
            return False
        with answer:
            return bool(answer.status == 200)
