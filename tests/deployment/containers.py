"""Processes of the image, as OpenShift runs them: any user id, group 0, a read-only root.

What `buildah run` cannot do, a root that is read-only, the kernel does when asked directly.
"""

import os
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

# As in the namespace of a project; nobody in the image has it.
USER = 1000670000
# In namespaces of their own for processes, mounts and the host's name, and as process number 1.
START = """
set -e
mount --make-rprivate /
mount --rbind "$ROOT" "$ROOT"
cd "$ROOT"
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm
mount -t tmpfs -o mode=1777,size=64m tmpfs dev/shm
for device in null zero full random urandom; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
mount --bind "$TMP" tmp
mount --bind "$FILES" var/lib/cherha
mount -o remount,bind,ro "$ROOT"
hostname "$NAME"
exec setpriv --no-new-privs --inh-caps=-all chroot --userspec=USER:0 --groups=0 "$ROOT" \
    /bin/sh -c 'cd /opt/cherha/src; exec env -i "$@"' sh "$@"
""".replace("USER", str(USER))


class Container:
    """One process of the image, and what it has printed."""

    def __init__(self, root: Path, folder: Path, name: str, env: dict[str, str]) -> None:
        self.tmp = folder / f"{name}-tmp"
        self.tmp.mkdir()
        self.tmp.chmod(0o1777)
        self.log = folder / f"{name}.log"
        given = {
            "ROOT": str(root), "TMP": str(self.tmp), "FILES": str(folder / "files"), "NAME": name,
            "PATH": os.environ["PATH"],
        }  # fmt: skip
        inside = [f"{key}={value}" for key, value in env.items()]
        with self.log.open("wb") as log:
            self.outer = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--uts", "--fork",
                 "/bin/sh", "-c", START, "start", *inside, "/opt/cherha/src/openshift/start.sh"],
                env=given, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def text(self) -> str:
        """What it has printed."""
        return self.log.read_text()

    def first(self) -> psutil.Process | None:
        """Return its process number 1 once it is what the image runs."""
        with suppress(psutil.Error):
            for process in psutil.Process(self.outer.pid).children():
                if process.uids().real == USER and "python" in process.name():
                    return process
        return None

    def run(self, *command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as a probe does."""
        first = self.first()
        assert first is not None, self.text
        return subprocess.run(
            ["nsenter", "--target", str(first.pid), "--mount", "--pid", "--uts", "--root",
             "--wd", "setpriv", "--reuid", str(USER), "--regid", "0", "--clear-groups",
             "--no-new-privs", "env", "-i", *(f"{k}={v}" for k, v in env.items()), *command],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def stop(self) -> int:
        """Send SIGTERM, as a platform does, and return the exit status."""
        first = self.first()
        if first is not None:
            first.send_signal(signal.SIGTERM)
        return self.outer.wait(120)

    def kill(self) -> None:
        """End it and all that it has started, if it is there."""
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.outer.pid).children(recursive=True):
                process.kill()
        self.outer.wait(30)


class _Forwarder(socketserver.BaseRequestHandler):
    to: Path

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self.to))
            ends = {self.request: server, server: self.request}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)


@contextmanager
def on_a_port(path: Path) -> Iterator[int]:
    """Let a server that listens on a socket in the file system be reached on a port of loopback."""
    handler = type("Forwarder", (_Forwarder,), {"to": path})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def listing(root: Path) -> set[tuple[str, int, int]]:
    """Return all files below a folder, each with its size and the time of its last change."""
    found = set()
    for folder, _, names in os.walk(root):
        for name in names:
            status = (Path(folder) / name).lstat()
            found.add((f"{folder}/{name}", status.st_size, status.st_mtime_ns))
    return found


def can_run() -> bool:
    """Say whether this machine lets the image be run like that."""
    programs = ("unshare", "nsenter", "setpriv", "chroot", "mount", "hostname")
    return os.getuid() == 0 and all(map(shutil.which, programs))
