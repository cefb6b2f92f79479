"""An `oc` for the scripts' tests: it notes each call, and remembers objects as a cluster would.

The program on the PATH only passes on what it is called with; the cluster is in the test's process.
"""

import copy
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.deployment import oc_process

IMAGE = "image-registry.openshift-image-registry.svc:5000/p/cherha@sha256:"
# A script takes a tenth of the time that a Python needs to start.
PROGRAM = """\
#!/usr/bin/env bash
text=""
if [ "${{*: -2}}" = "-f -" ]; then text=$(cat); fi
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\\0' "$#" "$@" "$text" >&3
read -r code <&3
if [ "$code" = 0 ]; then cat <&3; else cat <&3 >&2; fi
exit "$code"
"""


class Failed(Exception):
    """oc ends with 1 and says so."""


@cache
def template(path: str) -> dict[str, Any]:
    """Read a template, once."""
    return oc_process.load(Path(path))


class Cluster:
    """What there is: objects by kind and name, each with its generation, and a number of images.

    `calls` is what was called; a call that has the text `fails` in it fails.
    """

    def __init__(self) -> None:
        self.projects: list[str] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.generations: dict[str, int] = {}
        self.builds = 0
        self.calls: list[list[str]] = []
        self.fails: str | None = None

    def state(self) -> dict[str, Any]:
        """Return a copy of what there is."""
        names = ("projects", "objects", "generations", "builds")
        return copy.deepcopy({name: getattr(self, name) for name in names})

    def answer(self, arguments: list[str], text: str) -> tuple[int, str, str]:
        """Do what is asked for; return the exit status and what to print."""
        self.calls.append(arguments)
        try:
            if self.fails and self.fails in " ".join(arguments):
                raise Failed(self.fails)
            does = COMMANDS.get(arguments[0])
            return 0, does(self, arguments, text) if does else "", ""
        except (Failed, oc_process.Refused) as error:
            return 1, "", f"error: {error}\n"

    @property
    def image(self) -> str | None:
        """The image by its digest; None before the first build."""
        return f"{IMAGE}{self.builds:064d}" if self.builds else None

    def put(self, made: dict[str, Any]) -> str:
        """Take an object as `oc apply` does, and let the image trigger do its part."""
        key = name_of(made)
        before = self.objects.get(key)
        told = "unchanged" if before == made else "configured" if before else "created"
        if before != made:
            self.objects[key] = made
            self.generations[key] = self.generations.get(key, 0) + 1
            self.trigger()
        return f"{key} {told}\n"

    def trigger(self) -> None:
        """Write the newest image into each Deployment that asks for it."""
        for key, made in self.objects.items():
            wanted = made["metadata"].get("annotations", {}).get("image.openshift.io/triggers")
            if not wanted or not self.image:
                continue
            pod = made["spec"]["template"]["spec"]
            containers = pod["containers"] + pod.get("initContainers", [])
            stale = [one for one in containers if one["image"] != self.image]
            for container in stale:
                container["image"] = self.image
            self.generations[key] += bool(stale)


def name_of(made: dict[str, Any]) -> str:
    """Return what an object is called here."""
    return f"{made['kind']}/{made['metadata']['name']}"


def process(_cluster: Cluster, arguments: list[str], _text: str) -> str:
    """Return what a template becomes."""
    values: dict[str, str] = {}
    for argument in arguments:
        if argument.startswith("--param-file="):
            path = Path(argument.partition("=")[2])
            values |= oc_process.read_parameters(path.read_bytes().decode("utf-8"))
    for place, argument in enumerate(arguments):
        if argument == "-p":
            name, _, value = arguments[place + 1].partition("=")
            values[name] = value
    ignore = "--ignore-unknown-parameters=true" in arguments
    path_of = arguments[arguments.index("-f") + 1]
    objects = oc_process.process(template(path_of), values, ignore_unknown=ignore)
    return json.dumps({"kind": "List", "items": objects})


def take(cluster: Cluster, arguments: list[str], text: str) -> str:
    """Apply, or create, what came on standard input."""
    if not text.strip():
        raise Failed("no objects passed")
    told = ""
    for made in json.loads(text)["items"]:
        key = name_of(made)
        if arguments[0] == "create" and key in cluster.objects:
            raise Failed(f"{key} already exists")
        is_dry = "--dry-run=server" in arguments
        told += f"{key} (server dry run)\n" if is_dry else cluster.put(made)
    return told


def get(cluster: Cluster, arguments: list[str], _text: str) -> str:
    """Return what is asked for."""
    kind, name = arguments[1], arguments[2]
    missing = {
        "project": name not in cluster.projects,
        "secret": f"Secret/{name}" not in cluster.objects,
        "istag": cluster.image is None,
    }
    if missing.get(kind):
        raise Failed(f"{kind} {name} not found")
    told = {"istag": cluster.image or "", "route": f"{name}-p.apps.example.org"}
    return told.get(kind, "")


def build(cluster: Cluster, _arguments: list[str], _text: str) -> str:
    """Make another image."""
    cluster.builds += 1
    cluster.trigger()
    return ""


def new_project(cluster: Cluster, arguments: list[str], _text: str) -> str:
    """Make a project."""
    cluster.projects.append(arguments[1])
    return ""


def rollout(cluster: Cluster, arguments: list[str], _text: str) -> str:
    """Say whether a Deployment runs: it is there, and has an image."""
    made = cluster.objects.get(arguments[2].replace("deployment/", "Deployment/"))
    if not made or made["spec"]["template"]["spec"]["containers"][0]["image"] == " ":
        raise Failed(f"{arguments[2]} does not run")
    return ""


def delete(cluster: Cluster, arguments: list[str], _text: str) -> str:
    """Delete all of some kinds that the labels ask for."""
    kinds = arguments[1].split(",")
    asked = arguments[arguments.index("-l") + 1].partition("component in ")[2]
    if "--dry-run=server" not in arguments:
        for key, made in list(cluster.objects.items()):
            component = made["metadata"]["labels"]["app.kubernetes.io/component"]
            if key.split("/")[0].lower() in kinds and (not asked or component in asked):
                del cluster.objects[key]
    return ""


COMMANDS: dict[str, Callable[[Cluster, list[str], str], str]] = {
    "process": process, "apply": take, "create": take, "get": get, "start-build": build,
    "new-project": new_project, "rollout": rollout, "delete": delete,
}  # fmt: skip


@contextmanager
def serve(cluster: Cluster, program: Path) -> Iterator[None]:
    """Let `program` be an `oc` that speaks to the cluster."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            *arguments, text = [self._word() for _ in range(int(self._word()) + 1)]
            code, out, errors = cluster.answer(arguments, text)
            self.wfile.write(f"{code}\n{errors if code else out}".encode())

        def _word(self) -> str:
            letters = bytearray()
            while (letter := self.rfile.read(1)) not in {b"", b"\0"}:
                letters += letter
            return letters.decode()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        program.write_text(PROGRAM.format(port=server.server_address[1]))
        program.chmod(0o755)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
