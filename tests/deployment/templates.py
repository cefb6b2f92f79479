"""The templates, and what becomes of them."""

from functools import cache
from pathlib import Path
from typing import Any

from tests.deployment import oc_process
from tests.support.workers import ROOT

OPENSHIFT = ROOT / "openshift"
TEMPLATES = sorted((OPENSHIFT / "templates").glob("*.yaml"))
PARAMS = sorted((OPENSHIFT / "params").glob("*.env"))
WORKERS = sorted((OPENSHIFT / "workers").glob("*.env"))
OPTIONAL = {"50-rabbitmq", "51-flower", "60-keda-redis", "61-keda-prometheus", "62-servicemonitor"}
# Parts that are put together in another way.
OTHERWISE = {"all-in-one", "11-build-binary"}
IMAGE = "registry/p/cherha@sha256:" + "0" * 64
# What the scripts give, and a KEDA for the speech workers.
GIVEN = {"NAMESPACE": "p", "IMAGE": IMAGE, "WORKER_QUEUE": "stt"}

Object = dict[str, Any]


def named(name: str) -> Path:
    """Return a template by its name, without the ending."""
    return OPENSHIFT / "templates" / f"{name}.yaml"


@cache
def parsed(path: Path) -> dict[str, Any]:
    """Read a template once."""
    return oc_process.load(path)


def values(*files: Path) -> dict[str, str]:
    """Return what files of parameters say, the later ones last."""
    found: dict[str, str] = {}
    for file in files:
        found |= oc_process.read_parameters(file.read_bytes().decode("utf-8"))
    return found


def generated(path: Path) -> dict[str, str]:
    """Return a value for each parameter that would have another one each time."""
    names = [one["name"] for one in parsed(path)["parameters"] if "generate" in one]
    return {name: f"generated-{name.lower().replace('_', '-')}" for name in names}


def made(path: Path, env: str = "prod", worker: str = "stt", **given: str) -> list[Object]:
    """Process a template as the scripts do."""
    known = values(OPENSHIFT / "params" / f"{env}.env", OPENSHIFT / "workers" / f"{worker}.env")
    return oc_process.process(parsed(path), known | GIVEN | given, ignore_unknown=True)


def everything(env: str = "prod", *, optional: bool = True) -> list[Object]:
    """Return all objects of an environment, each once, with all kinds of workers."""
    found: list[Object] = []
    for path in TEMPLATES:
        if path.stem in OTHERWISE or (path.stem in OPTIONAL and not optional):
            continue
        kinds = [file.stem for file in WORKERS] if path.stem == "40-worker" else ["stt"]
        for kind in kinds:
            found += made(path, env, kind, **generated(path))
    return found


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    """Return the objects of a kind."""
    return [one for one in objects if one["kind"] == kind]


def label(one: Object, name: str) -> str:
    """Return a label of an object, of those with the usual prefix."""
    return str(one["metadata"]["labels"][f"app.kubernetes.io/{name}"])


def pod_of(deployment: Object) -> dict[str, Any]:
    """Return a Deployment's pod."""
    pod: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return pod


def containers_of(deployment: Object) -> list[dict[str, Any]]:
    """Return all containers of a Deployment, those that run before the others too."""
    pod = pod_of(deployment)
    return [*pod.get("initContainers", []), *pod["containers"]]


def ours(objects: list[Object]) -> list[Object]:
    """Return the Deployments that run our image."""
    return [one for one in of_kind(objects, "Deployment") if label(one, "component") in OURS]


OURS = {"web", "worker"}
