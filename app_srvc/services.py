"""The services: the packages beside this module, each with modules of the same names."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import app_srvc


def modules(name: str) -> Iterator[ModuleType]:
    """Import the module of a name of each service that has one."""
    for package in pkgutil.iter_modules(app_srvc.__path__, "app_srvc."):
        if package.ispkg:
            yield from modules_of(package.name, name)


def modules_of(package: str, *names: str) -> Iterator[ModuleType]:
    """Import those modules of a package that there are."""
    for name in (f"{package}.{it}" for it in names):
        if find_spec(name):
            yield import_module(name)
