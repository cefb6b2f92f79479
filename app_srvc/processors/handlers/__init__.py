"""What can be done with records, by name.

The ones below come along. A team adds its own as an entry point in the group `cherha.handlers`,
or, while it is being written, as `HANDLERS=module:attribute,...` in the environment. A form or a
row holds the name, never a path: a path from a form would run anybody's code.
"""

import importlib
import logging
import os
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import jsonschema

from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.protocol import Handler
from app_srvc.words import _

log = logging.getLogger(__name__)

GROUP = "cherha.handlers"
_BUNDLED = {
    "log": "app_srvc.processors.handlers.log:Log",
    "http": "app_srvc.processors.handlers.http:Http",
    "soap": "app_srvc.processors.handlers.soap:Soap",
    "xml.validate": "app_srvc.processors.handlers.xml_validate:Validate",
    "xml.transform": "app_srvc.processors.handlers.xml_transform:Transform",
    "xml.split": "app_srvc.processors.handlers.xml_split:Split",
    "sql": "app_srvc.processors.handlers.sql:Sql",
    "chain": "app_srvc.processors.handlers.chain:Chain",
}


def names() -> list[str]:
    """Return the names of all handlers, those that come along first."""
    return list(_all())


def find(name: str) -> type[Handler]:
    """Return the handler of that name.

    Raises:
        WrongConfiguration: this server has none.
    """
    found = _all().get(name)
    if found is None:
        raise WrongConfiguration(_("This server has no handler “%(name)s”.", name=name))
    return found


def make(name: str, config: Mapping[str, Any]) -> Handler:
    """Return the handler of that name, made with a configuration.

    Raises:
        WrongConfiguration: there is none, or the configuration does not fit it.
    """
    handler = find(name)
    for fault in jsonschema.Draft202012Validator(handler.schema).iter_errors(config):
        raise WrongConfiguration(
            _(
                "The configuration is wrong at %(where)s: %(fault)s",
                where=fault.json_path,
                fault=fault.message,
            )
        )
    return handler(config)


@cache
def _all() -> dict[str, type[Handler]]:
    found = {name: _load(path) for name, path in _BUNDLED.items()}
    for entry in entry_points(group=GROUP):
        try:
            found.setdefault(entry.name, entry.load())
        except Exception:
            log.exception("the handler %s cannot be loaded", entry.name)
    for path in filter(None, os.environ.get("HANDLERS", "").split(",")):
        handler = _load(path)
        found.setdefault(handler.name, handler)
    return found


def _load(path: str) -> type[Handler]:
    module, _colon, attribute = path.partition(":")
    loaded: type[Handler] = getattr(importlib.import_module(module), attribute)
    return loaded
