"""What the templates become, kept as files, so that a change shows what it changes.

`python -m tests.deployment.golden` writes them anew; read the difference before you commit it.
"""

from pathlib import Path

import yaml

from tests.deployment.templates import everything

FOLDER = Path(__file__).parent / "golden"
# One with everything that is optional too, and one that differs from it in most.
ENVIRONMENTS = ("prod", "sandbox")


def text_of(env: str) -> str:
    """Return all objects of an environment as YAML; what is generated has a mark in its place."""
    return yaml.safe_dump_all(everything(env, optional=env == "prod"), sort_keys=False, width=100)


def path_of(env: str) -> Path:
    """Return where it is kept."""
    return FOLDER / f"{env}.yaml"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for environment in ENVIRONMENTS:
        path_of(environment).write_text(text_of(environment))
