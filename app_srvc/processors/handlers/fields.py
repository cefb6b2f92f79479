"""What templates, conditions and parameters can take out of a record."""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lxml import etree

from app_srvc.processors import pointers
from app_srvc.processors.handlers import safe_xml
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.protocol import Record
from app_srvc.words import _

Value = str | int | float | bool | None

NAMESPACES: Mapping[str, Any] = {
    "type": "object",
    "title": _("Namespaces"),
    "description": _("Prefixes that stand in XPath, each with its namespace."),
    "additionalProperties": {"type": "string"},
}


# What it finds is neither text nor element.
_NAMESPACE_AXIS = re.compile(r"\bnamespace\s*::")


class Fields:
    """A record as a template knows it: what is not asked for is not read."""

    def __init__(self, record: Record, namespaces: Mapping[str, str] | None = None) -> None:
        self.source_key = record.source_key
        self.order_key = record.order_key
        self.idem_key = str(record.idem_key)
        self.media_type = record.payload.media_type
        self._body = record.payload.body
        self._namespaces = namespaces

    @cached_property
    def body(self) -> str:
        """The content as text."""
        try:
            return self._body.decode()
        except UnicodeDecodeError:
            raise Permanent(_("It is no text in UTF-8.")) from None

    @cached_property
    def json(self) -> Any:
        """The content, if it is JSON."""
        try:
            return json.loads(self._body)
        except (ValueError, RecursionError):
            raise Permanent(_("It is no JSON that can be read.")) from None

    @cached_property
    def _root(self) -> safe_xml.Element:
        return safe_xml.parse(self._body)

    def pointer(self, pointer: str) -> Value:
        """Return the value at a JSON Pointer (RFC 6901); what has members, as JSON."""
        return _plain(pointers.at(self.json, pointers.steps(pointer)))

    def xpath(self, expression: str) -> Value:
        """Return the text of the first node that XPath finds, or the value that it computes."""
        return at_xpath(self._root, xpath(expression, self._namespaces))


def pick(expression: str, fields: Fields) -> Value:
    """Return `source_key`, `order_key`, `idem_key`, `body`, `json:/pointer` or `xpath:...`."""
    kind, colon, place = expression.partition(":")
    if colon:
        return fields.pointer(place) if kind == "json" else fields.xpath(place)
    found: Value = getattr(fields, kind)
    return found


# Of the above, for schemas.
PICK = r"^(source_key|order_key|idem_key|body|json:(/.*)?|xpath:.+)$"


def check_pick(expression: str, namespaces: Mapping[str, str] | None) -> None:
    """Raise WrongConfiguration for an XPath that cannot be read."""
    kind, _colon, place = expression.partition(":")
    if kind == "xpath":
        xpath(place, namespaces)


def xpath(expression: str, namespaces: Mapping[str, str] | None = None) -> etree.XPath:
    """Read an XPath.

    Raises:
        WrongConfiguration: it cannot be read.
    """
    try:
        return etree.XPath(expression, namespaces=dict(namespaces or {}), smart_strings=False)
    except (etree.XPathError, ValueError, TypeError):
        raise _wrong(expression) from None


def tried_xpath(expression: str, namespaces: Mapping[str, str] | None = None) -> None:
    """Evaluate an XPath once, as prefixes and functions are only looked up then.

    Raises:
        WrongConfiguration: it cannot be read, or does not find elements, texts or values.
    """
    if _NAMESPACE_AXIS.search(expression):
        raise _wrong(expression)
    at_xpath(etree.Element("nothing"), xpath(expression, namespaces))


def at_xpath(root: safe_xml.Element, expression: etree.XPath) -> Value:
    """Return the text of the first node that it finds, or the value that it computes.

    Raises:
        WrongConfiguration: it uses a prefix or a function that there is not.
    """
    try:
        found = expression(root)
    except etree.XPathError:
        raise _wrong(expression.path) from None
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, float) and found.is_integer():
        return int(found)
    if found is None or isinstance(found, str | bool | float):
        return found
    if not hasattr(found, "itertext"):
        raise _wrong(expression.path)
    return "".join(found.itertext())


def _wrong(expression: str) -> WrongConfiguration:
    return WrongConfiguration(_("“%(text)s” is no XPath that works here.", text=expression))


def _plain(found: Any) -> Value:
    if isinstance(found, dict | list):
        return json.dumps(found, ensure_ascii=False)
    value: Value = found
    return value
