"""deploy, undeploy and status: both families make the same calls, and again changes nothing."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deployment.cmd_reader import Reader
from tests.deployment.fake_oc import Cluster, process, serve, take
from tests.support.workers import ROOT

OPENSHIFT = ROOT / "openshift"
SCRIPTS = ("deploy", "undeploy", "status")


class Ran(NamedTuple):
    """How a script ended, what it said, and what it has called, with its own folder left out."""

    code: int
    said: str
    calls: list[list[str]]


class Place:
    """A cluster, an `oc` for it, and the scripts below a name that has a space in it."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster()
        self.folder = folder / "a tree"
        shutil.copytree(OPENSHIFT, self.folder / "openshift", symlinks=True)
        self.oc = folder / "oc"
        self.env = {"PATH": f"{folder}:{os.environ['PATH']}"}

    def run(self, family: str, script: str, *arguments: str, fails: str | None = None) -> Ran:
        """Run a script of a family, `sh` or `cmd`; a call that has `fails` in it fails."""
        path = self.folder / "openshift" / f"{script}.{family}"
        self.cluster.calls, self.cluster.fails = [], fails
        if family == "sh":
            with serve(self.cluster, self.oc):
                ran = subprocess.run(
                    [path, *arguments], env=self.env, capture_output=True, text=True
                )
            code, said = ran.returncode, ran.stdout + ran.stderr
        else:
            reader = Reader(path, list(arguments), self.cluster.answer)
            code, said = reader.code, "\n".join(reader.said)
        here = f"{path.parent}/"
        calls = [[word.replace(here, "<here>/") for word in call] for call in self.cluster.calls]
        return Ran(code, said, calls)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Place]:
    """Give a way to have places."""
    return lambda: Place(tmp_path_factory.mktemp("oc"))


def deployed(place: Place) -> Place:
    """Let there be a first deployment."""
    ran = place.run("sh", "deploy", "-n", "p")
    assert ran.code == 0, ran.said
    return place


CALLS = [
    ("deploy", ["-n", "p"]),
    ("deploy", ["-n", "p", "-e", "prod", "--build", "--binary"]),
    ("deploy", ["-n", "p", "-e", "sandbox", "--dry-run"]),
    ("deploy", ["-n", "p", "--only", "web,route"]),
    ("undeploy", ["-n", "p"]),
    ("undeploy", ["-n", "p", "-a", "other", "--purge", "--dry-run"]),
    ("status", ["-n", "p"]),
]


@pytest.mark.parametrize(
    ("script", "arguments"), CALLS, ids=[" ".join([name, *rest]) for name, rest in CALLS]
)
def test_both_families_make_the_same_calls(
    place: Callable[[], Place], script: str, arguments: list[str]
) -> None:
    bash, windows = deployed(place()), place()
    vars(windows.cluster).update(bash.cluster.state())

    one = bash.run("sh", script, *arguments)
    other = windows.run("cmd", script, *arguments)

    assert one.calls
    assert one.calls == other.calls
    assert (one.code, other.code) == (0, 0), one.said + other.said
    assert bash.cluster.state() == windows.cluster.state()


def test_both_families_bring_it_into_a_project_that_is_not_there(
    place: Callable[[], Place],
) -> None:
    one, other = place(), place()

    first, second = one.run("sh", "deploy", "-n", "p"), other.run("cmd", "deploy", "-n", "p")

    assert first.calls == second.calls
    assert ["new-project", "p", "--skip-config-write"] in first.calls
    assert "https://cherha-p.apps.example.org/" in first.said
    assert "https://cherha-p.apps.example.org/" in second.said
    cluster = one.cluster.state()
    assert sorted(cluster["objects"]) == sorted(other.cluster.state()["objects"])
    assert cluster["builds"] == 1
    # Nothing runs on an image that is not named yet.
    assert '"image": " "' not in json.dumps(cluster)


@pytest.mark.parametrize("family", ["sh", "cmd"])
def test_a_second_deploy_changes_nothing(place: Callable[[], Place], family: str) -> None:
    there = deployed(place())
    before = there.cluster.state()

    ran = there.run(family, "deploy", "-n", "p")

    assert ran.code == 0
    assert there.cluster.state() == before
    assert not [call for call in ran.calls if call[0] in {"create", "delete", "start-build"}]
    image = next(word for call in ran.calls for word in call if word.startswith("IMAGE="))
    assert "@sha256:" in image


def test_without_the_digest_a_second_apply_would_roll_everything_out(
    place: Callable[[], Place],
) -> None:
    """The trap is there, so that the test above is worth something."""
    there = deployed(place())
    before = there.cluster.state()["generations"]["Deployment/cherha-web"]
    template = OPENSHIFT / "templates" / "30-web.yaml"
    arguments = [
        "-f",
        str(template),
        f"--param-file={OPENSHIFT}/params/dev.env",
        "-p",
        "NAMESPACE=p",
    ]

    made = process(there.cluster, [*arguments, "--ignore-unknown-parameters=true"], "")
    take(there.cluster, ["apply"], made)

    assert there.cluster.state()["generations"]["Deployment/cherha-web"] == before + 2


@pytest.mark.parametrize("family", ["sh", "cmd"])
def test_a_new_image_reaches_all_and_leaves_the_secrets(
    place: Callable[[], Place], family: str
) -> None:
    there = deployed(place())
    before = there.cluster.state()

    assert there.run(family, "deploy", "-n", "p", "--build").code == 0

    after = there.cluster.state()
    assert after["builds"] == 2
    assert f"{1:064d}" not in json.dumps(after["objects"])
    changed = {name for name, one in after["objects"].items() if one != before["objects"][name]}
    assert {name.split("/")[0] for name in changed} == {"Deployment"}
    assert not changed & {"Deployment/redis", "Deployment/postgresql"}
    # By the trigger alone, once each.
    assert {after["generations"][name] - before["generations"][name] for name in changed} == {1}


@pytest.mark.parametrize("family", ["sh", "cmd"])
def test_a_dry_run_changes_nothing_and_asks_the_server(
    place: Callable[[], Place], family: str
) -> None:
    there = deployed(place())
    before = there.cluster.state()

    ran = there.run(family, "deploy", "-n", "p", "-e", "prod", "--build", "--dry-run")

    assert ran.code == 0
    assert there.cluster.state() == before
    applied = [call for call in ran.calls if call[0] == "apply"]
    assert applied
    assert all("--dry-run=server" in call and "--validate=strict" in call for call in applied)


@pytest.mark.parametrize("family", ["sh", "cmd"])
@pytest.mark.parametrize("call", ["whoami", "apply -n p", "start-build", "rollout status", "auth"])
def test_what_fails_ends_it_with_1_and_a_sentence(
    place: Callable[[], Place], family: str, call: str
) -> None:
    there = place()

    ran = there.run(family, "deploy", "-n", "p", fails=call)

    assert ran.code == 1
    assert "deploy: " in ran.said
    assert "done" not in ran.said
    assert call in " ".join(ran.calls[-1])


WRONG = [
    ([], "Which project?"),
    (["-n", "p", "--everything"], "--everything is not known"),
    (["-n", "p", "-e", "moon"], "moon"),
    (["-n", "p", "--workers", "nowhere"], "There is no folder nowhere"),
    (["-n", "p", "--only", "web,worker"], "worker is no part"),
]


@pytest.mark.parametrize("family", ["sh", "cmd"])
@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_what_is_asked_wrongly_ends_with_2_and_calls_nobody(
    place: Callable[[], Place], family: str, arguments: list[str], sentence: str
) -> None:
    ran = place().run(family, "deploy", *arguments)

    assert (ran.code, ran.calls) == (2, [])
    assert sentence in ran.said


@pytest.mark.parametrize("family", ["sh", "cmd"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_help_is_printed(place: Callable[[], Place], family: str, script: str) -> None:
    ran = place().run(family, script, "--help")

    assert (ran.code, ran.calls) == (0, [])
    assert f"{script}.{family} -n PROJECT" in ran.said


PARAMETERS = {
    "with Windows' line ends": ("APP_NAME=cherha\r\nGIT_URL=https://x\r\nIMAGE_TAG=v1\r\n", 0),
    "with a byte order mark": ("\ufeffAPP_NAME=cherha\nGIT_URL=https://x\n", 1),
    "with a name that nobody knows": ("APP_NAME=cherha\nGIT_URL=https://x\nWEB_REPLICA=3\n", 1),
}


@pytest.mark.parametrize("family", ["sh", "cmd"])
@pytest.mark.parametrize("what", PARAMETERS)
def test_a_file_of_parameters(place: Callable[[], Place], family: str, what: str) -> None:
    there = place()
    text, code = PARAMETERS[what]
    path = there.folder / "my own.env"
    path.write_bytes(text.encode())

    ran = there.run(family, "deploy", "-n", "p", "-e", str(path))

    assert ran.code == code
    if code:
        assert "Something is wrong with" in ran.said
        assert "apply" not in {call[0] for call in ran.calls}
    else:
        assert any("cherha:v1" in call for call in ran.calls)


@pytest.mark.parametrize("family", ["sh", "cmd"])
def test_with_files_on_s3_there_is_no_volume(place: Callable[[], Place], family: str) -> None:
    there = place()
    path = there.folder / "s3.env"
    path.write_text(
        "GIT_URL=https://x\nSTORAGE_URL=s3://bucket/p\nUPLOADS_CLAIM=null\nUPLOADS_SCRATCH={}\n"
    )

    assert there.run(family, "deploy", "-n", "p", "-e", str(path)).code == 0

    objects = there.cluster.state()["objects"]
    assert "PersistentVolumeClaim/cherha-files" not in objects
    volumes = objects["Deployment/cherha-stt"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "files", "emptyDir": {}} in volumes


@pytest.mark.parametrize("family", ["sh", "cmd"])
def test_undeploy_leaves_volumes_and_secrets_unless_it_is_to_purge(
    place: Callable[[], Place], family: str
) -> None:
    there = deployed(place())
    secret = there.cluster.state()["objects"]["Secret/cherha-secrets"]

    ran = there.run(family, "undeploy", "-n", "p")
    assert ran.code == 0
    # Workers finish their jobs, for which they need the servers and their names.
    kinds = [call[1] for call in ran.calls if call[0] == "delete"]
    before = ",".join(kinds[: kinds.index("deployment")])
    assert "service" not in before.split(",")
    kept = there.cluster.state()["objects"]
    assert {name.split("/")[0] for name in kept} == {"PersistentVolumeClaim", "Secret"}
    assert there.run(family, "deploy", "-n", "p").code == 0
    assert there.cluster.state()["objects"]["Secret/cherha-secrets"] == secret

    assert there.run(family, "undeploy", "-n", "p", "--purge").code == 0
    assert there.cluster.state()["objects"] == {}


@pytest.mark.parametrize("family", ["sh", "cmd"])
def test_status_ends_with_1_when_something_does_not_run(
    place: Callable[[], Place], family: str
) -> None:
    there = place()

    assert there.run(family, "status", "-n", "p").code == 0
    assert there.run(family, "status", "-n", "p", fails="wait").code == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_wait_for_nobody_and_delete_nothing_first(script: str) -> None:
    bash = (OPENSHIFT / f"{script}.sh").read_text()
    windows = (OPENSHIFT / f"{script}.cmd").read_bytes()

    assert "set -euo pipefail" in bash
    assert os.access(OPENSHIFT / f"{script}.sh", os.X_OK)
    assert windows.startswith(b"@echo off\r\n")
    assert b"pause" not in windows
    if script == "deploy":
        assert " delete " not in bash + windows.decode()


def test_shellcheck_finds_nothing() -> None:
    scripts = [*OPENSHIFT.glob("*.sh"), *Path(__file__).parent.glob("*.sh")]
    program = Path(sys.executable).parent / "shellcheck"
    found = subprocess.run([program, *scripts], capture_output=True, text=True)

    assert (found.returncode, found.stdout) == (0, "")


# It makes no difference between calls but what the scripts ask of its answers.
WINDOWS_OC = r"""@echo off
echo %* >> "%CALLS%"
if "%1 %2"=="get istag" echo registry/p/cherha@sha256:0
if "%1 %2"=="get route" echo cherha-p.apps.example.org
exit /b 0
"""


class Plain(Cluster):
    """It answers as WINDOWS_OC does."""

    def answer(self, arguments: list[str], text: str) -> tuple[int, str, str]:
        """Note the call, and say what is looked up."""
        del text
        self.calls.append(arguments)
        told = {"istag": "registry/p/cherha@sha256:0", "route": "cherha-p.apps.example.org"}
        return 0, told.get(arguments[1], "") if arguments[0] == "get" else "", ""


@pytest.mark.skipif(
    not os.environ.get("CHERHA_WINE"), reason="CHERHA_WINE is not set: wine takes a minute to start"
)
def test_windows_own_words_read_the_scripts_as_our_reader_does(
    place: Callable[[], Place], tmp_path: Path
) -> None:
    there = place()
    there.cluster = Plain()
    oc = tmp_path / "oc.cmd"
    oc.write_text(WINDOWS_OC.replace("\n", "\r\n"))
    calls = tmp_path / "calls"
    env = os.environ | {
        "WINEPREFIX": str(tmp_path / "wine"), "WINEDEBUG": "-all", "DISPLAY": "",
        "OC": f"call Z:{oc}".replace("/", "\\"), "CALLS": f"Z:{calls}".replace("/", "\\"),
    }  # fmt: skip
    for script, arguments in CALLS:
        if "--binary" in arguments:
            continue  # `call` doubles the caret; a real oc is not called by it.
        calls.write_text("")
        path = there.folder / "openshift" / f"{script}.cmd"
        ran = subprocess.run(
            ["wine", "cmd", "/c", f"Z:{path}".replace("/", "\\"), *arguments],
            env=env, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        here = f"Z:{path.parent}/".replace("/", "\\")
        lines = [line.replace(here, "<here>/") for line in calls.read_text().splitlines() if line]
        windows = [shlex.split(line.replace("\\", "/")) for line in lines]
        expected = there.run("cmd", script, *arguments)

        assert ran.returncode == expected.code == 0, ran.stdout + ran.stderr
        assert windows == expected.calls
