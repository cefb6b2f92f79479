"""Parameters: declared, used, described, the same in all templates; and settings that exist."""

import re
from pathlib import Path

import pytest

from app_srvc.queues import Queue
from app_srvc.settings import Settings
from tests.deployment import oc_process
from tests.deployment.templates import (
    GIVEN,
    OPENSHIFT,
    OPTIONAL,
    PARAMS,
    TEMPLATES,
    WORKERS,
    containers_of,
    everything,
    made,
    named,
    ours,
    parsed,
    values,
)  # fmt: skip
from tests.support.workers import ROOT

by_name = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
SCRIPTS = {path.name for path in ROOT.glob("*worker.py")} - {"manage_worker.py"}
# What the image's start script and Python's own programs ask for.
OF_THE_IMAGE = {"APP_FILE", "APP_MODULE"}


@by_name
def test_each_parameter_is_declared_used_and_described(path: Path) -> None:
    template = parsed(path)
    declared = [parameter["name"] for parameter in template["parameters"]]

    assert len(declared) == len(set(declared))
    assert oc_process.used_by(template) == set(declared)
    for parameter in template["parameters"]:
        assert parameter["displayName"].strip()
        assert len(parameter["description"]) > 10
        assert parameter["description"].endswith(".")


@by_name
def test_a_template_needs_nothing_but_what_is_required(path: Path) -> None:
    template = parsed(path)
    required = {
        parameter["name"]: "x"
        for parameter in template["parameters"]
        if parameter.get("required") and "value" not in parameter and "generate" not in parameter
    }

    assert oc_process.process(template, required)
    for name in required:
        with pytest.raises(oc_process.Refused, match=f"{name} is required"):
            oc_process.process(template, {**required, name: ""})


@by_name
def test_nothing_that_looks_like_a_parameter_is_left(path: Path) -> None:
    assert "${" not in str(made(path))


def test_a_parameter_says_the_same_in_each_template() -> None:
    known: dict[str, dict[str, object]] = {}
    for path in TEMPLATES:
        for parameter in parsed(path)["parameters"]:
            assert known.setdefault(parameter["name"], parameter) == parameter, path


def test_names_that_people_know_are_kept() -> None:
    declared = {one["name"] for path in TEMPLATES for one in parsed(path)["parameters"]}

    assert declared >= {
        "NAMESPACE", "APP_NAME", "APP_SERVICE_NAME", "GIT_URL", "GIT_BRANCH", "DOCKER_PTH",
        "WORKER_RUNNER", "DATABASE_SERVICE_NAME", "ROUTENAME", "HOSTNAME", "PORTNUMBER",
    }  # fmt: skip


@pytest.mark.parametrize("path", [*PARAMS, *WORKERS], ids=lambda path: path.name)
def test_a_file_of_parameters_names_what_there_is_and_no_secret(path: Path) -> None:
    default = [p for p in TEMPLATES if p.stem not in OPTIONAL]
    declared = {one["name"]: one for p in default for one in parsed(p)["parameters"]}
    found = values(path)

    assert path.read_bytes().isascii()
    assert set(found) <= set(declared)
    assert not [name for name in found if "generate" in declared[name]]
    assert not set(found) & set(GIVEN)
    # The scripts read names and values themselves too, and know no remarks.
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    assert all(re.fullmatch(r"[A-Z_]+=(\S+|'.*')", line) for line in lines)


def test_a_file_of_an_environment_says_nothing_that_one_of_a_worker_says() -> None:
    """Given both, it would depend on oc which one wins."""
    environments = {name for path in PARAMS for name in values(path)}
    workers = {name for path in WORKERS for name in values(path)}

    assert not environments & workers


def test_each_worker_script_has_a_file() -> None:
    named_in = {values(path)["WORKER_RUNNER"] for path in WORKERS}

    assert named_in == SCRIPTS


@pytest.mark.parametrize("path", WORKERS, ids=lambda path: path.stem)
def test_a_worker_is_called_as_its_file_and_its_script(path: Path) -> None:
    found = values(path)

    assert found["WORKER_NAME"] == path.stem
    assert found["WORKER_RUNNER"] == f"{path.stem}worker.py"


@pytest.mark.parametrize("path", WORKERS, ids=lambda path: path.stem)
def test_a_worker_serves_the_queues_that_its_file_names(path: Path) -> None:
    found = values(path)
    script = ROOT / found["WORKER_RUNNER"]
    if not script.exists():
        pytest.skip(f"{script.name} is still to come")
    text = script.read_text()
    served = [queue.value for queue in Queue if re.search(rf"\bQueue\.{queue.name}\b", text)]

    named = found["WORKER_QUEUES"].split(",")

    assert set(named) <= {queue.value for queue in Queue}
    # One that serves a family of queues does not spell them out.
    assert named == served or not served


def test_each_queue_is_served_by_a_worker_that_has_a_file() -> None:
    named = [name for path in WORKERS for name in values(path)["WORKER_QUEUES"].split(",")]

    assert len(named) == len(set(named))
    assert set(named) >= {queue.value for queue in Queue}


@pytest.mark.parametrize("env", [path.stem for path in PARAMS])
def test_each_variable_of_our_containers_is_a_setting(env: str) -> None:
    known = {name.upper() for name in Settings.model_fields} | OF_THE_IMAGE

    for deployment in ours(everything(env)):
        for container in containers_of(deployment):
            given = {variable["name"] for variable in container["env"]}
            assert given <= known
            assert given >= {"SECRET_KEY", "DATABASE_URL", "QUEUE_URL", "STORAGE_URL"}


@pytest.mark.parametrize("env", [path.stem for path in PARAMS])
def test_the_settings_have_values_that_they_can_have(
    env: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "SECRET_KEY": "x" * 64, "METRICS_TOKEN": "x" * 40,
        "DATABASE_URL": "postgresql://cherha:x@postgresql:5432/cherha",
        "QUEUE_URL": "redis://:x@redis:6379/0",
    }  # fmt: skip
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)  # What other tests of this process have.
    for deployment in ours(everything(env)):
        for container in containers_of(deployment):
            given = {one["name"]: one.get("value") for one in container["env"]}
            for name, value in given.items():
                monkeypatch.setenv(name, secrets[name] if value is None else value)
            found = Settings()
            # Without the router's word a person's address is the router's, and links begin http.
            if container["name"] == "web":
                assert found.trusted_proxies == 1
            assert found.cookies_secure


def test_the_secret_has_the_addresses_that_the_servers_have() -> None:
    secret = made(named("00-secrets"))[0]["stringData"]

    assert secret["database-url"] == (
        f"postgresql://cherha:{secret['database-password']}@postgresql:5432/cherha"
    )
    assert secret["queue-url"] == f"redis://:{secret['redis-password']}@redis:6379/0"
    assert len(secret["secret-key"]) == 64


def test_the_claim_is_called_the_same_in_both_places() -> None:
    web = {one["name"]: one for one in parsed(named("30-web"))["parameters"]}
    files = {one["name"]: one for one in parsed(named("22-files"))["parameters"]}

    assert files["UPLOADS_CLAIM_NAME"]["value"] in web["UPLOADS_CLAIM"]["value"]
    assert not {"UPLOADS_CLAIM_NAME", "UPLOADS_CLAIM"} & {n for p in PARAMS for n in values(p)}


def test_all_in_one_is_made_of_the_parts() -> None:
    before = named("all-in-one").read_text("utf-8")
    namespace: dict[str, object] = {"__file__": str(OPENSHIFT / "all_in_one.py")}
    exec(compile((OPENSHIFT / "all_in_one.py").read_text(), "all_in_one", "exec"), namespace)

    assert namespace["together"]() == before, "run python openshift/all_in_one.py"  # type: ignore[operator]


def test_all_in_one_makes_what_the_parts_make() -> None:
    def names(objects: list[dict[str, object]]) -> list[str]:
        return sorted(f"{o['kind']}/{o['metadata']['name']}" for o in objects)  # type: ignore[index]

    assert names(made(named("all-in-one"))) == names(everything(optional=False))


def test_no_empty_variable_hides_what_people_have_set_themselves() -> None:
    """A variable of the template wins over one of cherha-own, also where it is empty."""
    for deployment in ours(everything()):
        for container in containers_of(deployment):
            assert all(one.get("value") != "" for one in container["env"])
