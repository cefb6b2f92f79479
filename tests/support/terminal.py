"""A reader at a terminal, who types what a document says, block by block."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.documents import blocks
from tests.support.web import get
from tests.support.workers import ROOT, wait_for

# What an answer gives, and the words that stand for it in the next command.
_ANSWERS = {"JOB_ID": r'"job_id": ?"([0-9a-f-]{36})"', "UPLOAD_ID": r"/uploads/([0-9a-f-]{36})"}
_STAMPS = (".redis", ".run", ".dev")


def working_copy(folder: Path) -> Path:
    """Make a copy of what a clone of this tree would hold, with the packages of this Python."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, told.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    # What is compiled by now is not to be compiled anew by ten processes at once.
    for path in (*(ROOT / "app_srvc").rglob("__pycache__"), *(ROOT / "tests").rglob("__pycache__")):
        shutil.copytree(path, folder / path.relative_to(ROOT), dirs_exist_ok=True)
    packages = folder / ".venv"
    packages.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in _STAMPS:
            (packages / path.name).symlink_to(path)
    # `make` installs what is newer than these.
    for name in _STAMPS:
        (packages / name).touch()
    return folder


class Terminal:
    """A shell in a folder; `instead` is what is typed where a document has an example."""

    def __init__(self, folder: Path, instead: Mapping[str, str], **env: str) -> None:
        self.folder = folder
        self.instead = dict(instead)
        self.said: list[str] = []
        self.staying: list[subprocess.Popen[bytes]] = []
        self._log = folder / ".staying"
        self._state = folder / ".terminal"
        # Of another terminal in the same folder.
        self._state.unlink(missing_ok=True)
        home = folder / ".home"
        home.mkdir(exist_ok=True)
        # curl is to fail where an answer is an error.
        (home / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        self.env = {
            "HOME": str(home),
            "PATH": f"{folder / '.venv/bin'}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": "ignore",
            # A slow machine is no reason to be refused.
            "RATE_LIMITS": "*=off",
            "WAIT_SECONDS": "600",
            "CALL_TAKE_SECONDS": "600",
            "CALL_WAIT_SECONDS": "600",
            "STT_WORKERS": "1",
            "RECORD_WORKERS": "1",
            "CALL_WORKERS": "1",
        } | env  # fmt: skip

    def follow(
        self, page: str, *headings: str, meanwhile: Callable[[], object] | None = None
    ) -> None:
        """Do what a page says, or only what stands under some of its headings.

        What no test can do, such as to fetch packages, is done by `meanwhile` if it is there.
        """
        found = [one for one in blocks(self.folder / page) if one.language == "sh"]
        wanted = [one for one in found if not headings or one.heading in headings]
        assert wanted, f"{page} has no commands under {headings}"
        for block in wanted:
            if block.why_not_run:
                if meanwhile is not None:
                    meanwhile()
            elif block.mark == "stays":
                self.stay(block.text)
            else:
                if block.mark == "after Ctrl-C":
                    self.interrupt()
                for command in _commands(block.text):
                    self.type(command)

    def type(self, command: str) -> str:
        """Type one command, which must succeed, and return what it printed.

        A request that waits for a job, and is told that it still moves, is sent again.
        """
        said = self._ended(command)
        while "wait=" in command and re.search(r'"state": ?"(scheduled|waiting|running)"', said):
            said = self._ended(command)
        self.said.append(said)
        for word, pattern in _ANSWERS.items():
            if found := re.findall(pattern, said):
                self.instead[word] = found[-1]
        return said

    def stay(self, command: str) -> None:
        """Type what keeps the terminal, and wait until it answers."""
        command = self._filled(command)
        port = re.search(r"PORT=(\d+)", command)
        url = f"http://127.0.0.1:{port[1] if port else self.env['PORT']}/healthz"
        with self._log.open("w") as out:
            process = subprocess.Popen(
                ["bash", "-c", self._known() + command],
                cwd=self.folder, env=self.env, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self.staying.append(process)

        def is_there() -> bool:
            assert process.poll() is None, self._log.read_text()
            try:
                return get(url).status == 200
            except OSError:
                return False

        wait_for(is_there)

    def interrupt(self) -> None:
        """Press Ctrl-C wherever something stays, and wait for its end."""
        for process in self.staying:
            os.killpg(process.pid, signal.SIGINT)
        for process in self.staying:
            process.wait(120)
        self.staying.clear()

    def last_stay(self) -> str:
        """Return what the last command that stayed has printed by now."""
        return self._log.read_text()

    def _ended(self, command: str) -> str:
        """Run a command to its end, and return what it printed."""
        done = subprocess.run(
            ["bash", "-c", f"{self._known()}{self._filled(command)}\nexport -p > {self._state}"],
            cwd=self.folder, env=self.env, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def _known(self) -> str:
        """Return what brings back what earlier commands have set."""
        return f"[ ! -e {self._state} ] || . {self._state}; set -euo pipefail; set -a\n"

    def _filled(self, text: str) -> str:
        for word in sorted(self.instead, key=len, reverse=True):
            text = text.replace(word, self.instead[word])
        return text


def _commands(text: str) -> list[str]:
    """Return the commands of a block, each with all of its lines."""
    found, begun = [], ""
    for line in text.splitlines(keepends=True):
        begun += line
        checked = subprocess.run(
            ["bash", "-n", "-c", begun], capture_output=True, text=True, check=False
        )
        if checked.returncode == 0 and not checked.stderr and not begun.endswith("\\\n"):
            found.append(begun)
            begun = ""
    assert not begun, f"no whole command: {begun}"
    return [command for command in found if command.strip()]
