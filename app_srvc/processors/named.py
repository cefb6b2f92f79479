"""What a configuration only names, and the environment of the workers has."""

import os

from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.words import _

# Of a name; it is the end of a variable's name as well.
NAME = "^[A-Z][A-Z0-9_]*$"


def secret(name: str) -> str:
    """Return what the environment has as `SECRET_<NAME>`.

    Raises:
        WrongConfiguration: it has nothing.
    """
    return _variable(f"SECRET_{name}")


def connection(name: str) -> str:
    """Return the address of a database that the environment has as `CONNECTION_<NAME>`.

    Raises:
        WrongConfiguration: it has none.
    """
    return _variable(f"CONNECTION_{name}")


def _variable(name: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise WrongConfiguration(
            _("The environment of the workers has no variable %(name)s.", name=name)
        )
    return found
