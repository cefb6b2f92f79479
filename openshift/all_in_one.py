"""Put the templates together as one, for the console: `python openshift/all_in_one.py`.

Texts are joined, so that remarks stay. tests/deployment keeps the result in step.
"""

import re
from pathlib import Path

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
RESULT = TEMPLATES / "all-in-one.yaml"
# In this order; the worker comes once for each file in workers/. What is optional is left out.
PARTS = ("00-secrets", "10-build", "20-redis", "21-postgresql", "22-files", "30-web", "31-route")
WORKER = "40-worker"
HEAD = """\
# Made of the other templates by openshift/all_in_one.py; change those. It has the secrets too, so
# it is for a first look, and created once: to apply it again would give everything new passwords.
apiVersion: template.openshift.io/v1
kind: Template
metadata:
  name: "cherha"
  annotations:
    openshift.io/display-name: "Cherha"
    description: "Slow work behind a web form, and none of it lost."
    openshift.io/provider-display-name: "Cherha"
    tags: "python,flask,queue"
    iconClass: "icon-python"
    template.openshift.io/bindable: "false"
message: "Build the image with oc start-build ${APP_NAME}; then the pods start."
labels:
  app: "${APP_NAME}"
  app.kubernetes.io/part-of: "${APP_NAME}"
  app.kubernetes.io/managed-by: "template"
"""


def parts_of(name: str) -> tuple[dict[str, str], str]:
    """Return the text of each parameter by its name, and that of the objects."""
    text = (TEMPLATES / f"{name}.yaml").read_text("utf-8")
    head, objects = text.split("\nobjects:\n")
    blocks = re.split(r"^  - name: ", head.split("\nparameters:\n")[1] + "\n", flags=re.MULTILINE)
    return {block.split("\n", 1)[0]: f"  - name: {block}" for block in blocks[1:]}, objects


def values_of(path: Path) -> dict[str, str]:
    """Return what a file of parameters says."""
    lines = path.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def defaults(parameters: dict[str, str]) -> dict[str, str]:
    """Return the values that the template itself gives."""
    found = {name: re.search(r'value: "(.*)"', block) for name, block in parameters.items()}
    return {name: value[1] for name, value in found.items() if value}


def together() -> str:
    """Return the template that has everything but what is optional."""
    parameters: dict[str, str] = {}
    objects = []
    for name in PARTS:
        more, text = parts_of(name)
        parameters |= more
        objects.append(text)
    more, text = parts_of(WORKER)
    kinds = [values_of(path) for path in sorted((HERE / "workers").glob("*.env"))]
    own = set().union(*kinds)
    given = defaults(more)
    parameters |= {name: block for name, block in more.items() if name not in own}
    for kind in kinds:
        one = text
        for name in own:
            value = kind.get(name) or given[name]
            one = one.replace(f"${{{{{name}}}}}", value).replace(f"${{{name}}}", value)
        objects.append(one)
    return f"{HEAD}parameters:\n{''.join(parameters.values())}objects:\n{''.join(objects)}"


if __name__ == "__main__":
    RESULT.write_text(together(), "utf-8")
