"""Make something else of XML, with a stylesheet that can reach nothing but the record."""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from app_srvc.processors.handlers import safe_xml, xml_settings
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record
from app_srvc.words import _

_NAMESPACE = "http://www.w3.org/1999/XSL/Transform"
_ELSEWHERE = ("import", "include")
# What else libxslt would open: documents that an expression names, and those that it writes.
_READING = re.compile(r"\bdocument\s*\(")
_WRITING = (_NAMESPACE, "http://exslt.org/common", "http://xmlsoft.org/XSLT/namespace")
_MOST_BYTES = 10_000_000
_MEDIA_TYPES = {"html": "text/html", "text": "text/plain"}


class Transform:
    """Transforms each record, for the next step of a chain."""

    name = "xml.transform"
    is_pure = True
    title = _("Transform XML")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["xslt"],
        "properties": {
            "xslt": {
                "type": "string",
                "format": "textarea",
                "title": _("Stylesheet (XSLT 1.0)"),
                "description": _(
                    "All of it. Its parameters idem_key and source_key are the record's."
                ),
            },
            **xml_settings.bounds_properties(_MOST_BYTES),
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Read the stylesheet."""
        self._bounds = xml_settings.bounds(config, _MOST_BYTES)
        root = xml_settings.inline(config["xslt"], _NAMESPACE, _ELSEWHERE)
        _check_alone(root)
        self._media_type = _media_type(root.find(f"{{{_NAMESPACE}}}output"))
        try:
            self._transform = etree.XSLT(root, access_control=etree.XSLTAccessControl.DENY_ALL)
        except etree.XSLTParseError as error:
            raise WrongConfiguration(
                _("It is no stylesheet: %(fault)s", fault=str(error))
            ) from None

    def handle(self, record: Record, context: Context) -> Done:  # noqa: ARG002  # The protocol.
        """Transform it."""
        root = safe_xml.parse(record.payload.body, self._bounds)
        try:
            made = bytes(
                self._transform(
                    root,
                    idem_key=etree.XSLT.strparam(str(record.idem_key)),
                    source_key=etree.XSLT.strparam(record.source_key),
                )
            )
        except etree.XSLTApplyError:
            raise Permanent(_("The stylesheet stops at it.")) from None
        if not made:
            raise Permanent(_("The stylesheet makes nothing of it."))
        return Done(output=Payload(self._media_type, made))


def _media_type(output: safe_xml.Element | None) -> str:
    """Return what a stylesheet says that it makes."""
    if output is None:
        return "application/xml"
    told: str = output.get("media-type") or _MEDIA_TYPES.get(output.get("method"), "")
    return told or "application/xml"


def _check_alone(root: safe_xml.Element) -> None:
    """Say now that it may not reach out; what gets past this is denied while it runs."""
    writes = any(root.find(f".//{{{name}}}document") is not None for name in _WRITING)
    if writes or any(_READING.search(text) for text in root.xpath("//@*")):
        raise WrongConfiguration(_("The stylesheet asks for files, which it may not."))
