"""The Dockerfile, what gets into the image, and which process it becomes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app_srvc.settings import Settings
from tests.support.workers import ROOT

DOCKERFILE = ROOT / "Dockerfile"
START = ROOT / "openshift" / "start.sh"
COMPOSE = ROOT / "compose.yaml"
PROGRAMS = Path(sys.executable).parent


def instructions(stage: int) -> list[str]:
    """Return the instructions of a stage, each on a line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    text = text.replace("\\\n", " ")
    stages = re.split(r"^(?=FROM )", text, flags=re.MULTILINE)
    return [line for line in stages[stage].splitlines() if line.strip()]


def test_hadolint_finds_nothing() -> None:
    found = subprocess.run([PROGRAMS / "hadolint", DOCKERFILE], capture_output=True, text=True)

    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_what_hadolint_is_told_to_ignore_has_its_reason_above() -> None:
    lines = DOCKERFILE.read_text().splitlines()
    waived = [number for number, line in enumerate(lines) if "hadolint ignore" in line]

    assert len(waived) == 2
    for number in waived:
        assert lines[number - 1].startswith("# ")


def test_the_last_stage_builds_nothing_and_its_user_is_a_number() -> None:
    last = instructions(-1)

    assert not [line for line in last if line.startswith("RUN")]
    users = [line.split()[1] for line in last if line.startswith("USER")]
    assert users == ["1001"]
    assert last[0] == "FROM ${RUNTIME_IMAGE}"
    assert "ubi9/python-312-minimal" in instructions(0)[1]


def test_nobody_may_write_everything_and_no_secret_is_asked_for() -> None:
    text = DOCKERFILE.read_text()

    assert "777" not in text
    assert not re.search(r"(?i)ARG \w*(password|token|secret|key)", text)
    assert "g=" not in text.replace("a+rX,go-w", "")


def test_the_image_says_what_it_is() -> None:
    labels = next(line for line in instructions(-1) if line.startswith("LABEL"))

    for name in (
        "io.k8s.display-name", "io.k8s.description", "io.openshift.expose-services",
        "io.openshift.tags", "org.opencontainers.image.version",
        "org.opencontainers.image.revision",
    ):  # fmt: skip
        assert f"{name}=" in labels


def ignored(name: str) -> bool:
    """Say whether .dockerignore keeps a name at the top of the tree, or one level below, out."""
    out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and line[0] != "#" and not pattern.startswith("**"):
            whole = re.escape(pattern).replace(r"\*", "[^/]*")
            if re.fullmatch(rf"{whole}(/.*)?", name):
                out = not line.startswith("!")
    return out


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".venv",
        ".cherha",
        "tests",
        "docs",
        "secret-key",
        "openshift/params",
        "my.env",
        ".env",
    ],
)
def test_it_stays_out_of_the_image(name: str) -> None:
    assert ignored(name)


def test_what_runs_gets_into_the_image() -> None:
    scripts = [path.name for path in ROOT.glob("*worker.py")]

    for name in [
        "app_srvc",
        "templates",
        "static",
        "gunicorn.conf.py",
        "requirements.txt",
        *scripts,
    ]:
        assert not ignored(name), name
    assert not ignored("openshift/start.sh")


GUNICORN = "-m gunicorn --no-control-socket --worker-tmp-dir /dev/shm"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Give a `python` that prints what it is called with, and its process's number."""
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho "$$ $*"\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"APP_FILE": "sttworker.py"}, "sttworker.py"),
        ({}, f"{GUNICORN} app_srvc.webapp:create_app()"),
        ({"APP_MODULE": "other:app"}, f"{GUNICORN} other:app"),
    ],
)
def test_the_environment_says_which_process_it_is_and_python_takes_the_shells_place(
    python: Path, given: dict[str, str], expected: str
) -> None:
    process = subprocess.Popen(
        [START], env={"PATH": f"{python.parent}:/usr/bin:/bin"} | given, stdout=subprocess.PIPE
    )
    told, _ = process.communicate()

    assert told.decode().strip() == f"{process.pid} {expected}"


def test_compose_starts_all_processes_with_settings_that_exist() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    known = {name.upper() for name in Settings.model_fields} | {"APP_FILE"}
    scripts = {path.name for path in ROOT.glob("*worker.py")} - {"manage_worker.py"}
    started = set()

    for service in services.values():
        if service["image"] != "cherha":
            continue
        environment = service["environment"]
        assert set(environment) <= known
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        started.add(environment.get("APP_FILE"))
    assert started == scripts | {None}


def test_compose_has_no_password_of_its_own() -> None:
    text = COMPOSE.read_text()

    assert "${SECRET_KEY:?" in text
    assert "${DATABASE_PASSWORD:?" in text
    assert not re.search(r"(?i)password: \w", text)
