"""What there is to configure about XML: how much is read, and the texts that stand in a form."""

from collections.abc import Iterable, Mapping
from typing import Any

from app_srvc.processors.handlers import safe_xml
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.words import _


def bounds_properties(most_bytes: int) -> dict[str, Any]:
    """Return the properties that `bounds` reads, with what is read if nothing is said."""
    return {
        "most_bytes": {
            "type": "integer",
            "title": _("Bytes of a record that are read"),
            "minimum": 1,
            "maximum": 500_000_000,
            "default": most_bytes,
        },
        "large_text": {
            "type": "boolean",
            "title": _("Single texts may be larger than 10 MB"),
            "description": _("For files that are written into elements."),
            "default": False,
        },
    }


def bounds(config: Mapping[str, Any], most_bytes: int) -> safe_xml.Bounds:
    """Return how much is read."""
    return safe_xml.Bounds(config.get("most_bytes", most_bytes), config.get("large_text", False))


def inline(text: str, namespace: str, elsewhere: Iterable[str]) -> safe_xml.Element:
    """Return the root of a schema or a stylesheet that stands in a configuration.

    Raises:
        WrongConfiguration: it cannot be read, or has an element that wants other files.
    """
    try:
        root = safe_xml.parse(text.encode())
    except safe_xml.WrongXml as error:
        raise WrongConfiguration(error.sentence) from None
    for name in elsewhere:
        if root.find(f".//{{{namespace}}}{name}") is not None:
            raise WrongConfiguration(
                _("“%(name)s” is not taken: everything has to stand in one text.", name=name)
            )
    return root
