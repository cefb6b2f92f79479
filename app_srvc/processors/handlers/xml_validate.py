"""Let through what fits a schema."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from lxml import etree

from app_srvc.processors.handlers import safe_xml, xml_settings
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.protocol import Context, Done, Record
from app_srvc.words import _

_NAMESPACE = "http://www.w3.org/2001/XMLSchema"
_ELSEWHERE = ("import", "include", "redefine", "override")
_MOST_BYTES = 50_000_000
# Up to here a tree is built, which knows the lines; beyond it memory does not grow.
_MOST_BYTES_OF_TREE = 5_000_000


class Validate:
    """Checks each record against an XML Schema."""

    name = "xml.validate"
    is_pure = True
    title = _("Check XML against a schema")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["xsd"],
        "properties": {
            "xsd": {
                "type": "string",
                "format": "textarea",
                "title": _("Schema (XSD 1.0)"),
                "description": _("All of it: imports and includes are not followed."),
            },
            **xml_settings.bounds_properties(_MOST_BYTES),
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Read the schema."""
        self._bounds = xml_settings.bounds(config, _MOST_BYTES)
        root = xml_settings.inline(config["xsd"], _NAMESPACE, _ELSEWHERE)
        try:
            self._schema = etree.XMLSchema(root)
        except etree.XMLSchemaError as error:
            raise WrongConfiguration(_("It is no schema: %(fault)s", fault=str(error))) from None

    def handle(self, record: Record, context: Context) -> Done:  # noqa: ARG002  # The protocol.
        """Check it, and hand it on as it is."""
        body = record.payload.body
        if len(body) > _MOST_BYTES_OF_TREE:
            self._read_through(body)
        else:
            self._check(safe_xml.parse(body, self._bounds))
        return Done(output=record.payload)

    def _check(self, root: safe_xml.Element) -> None:
        if not self._schema.validate(root):
            first = self._schema.error_log[0]
            raise safe_xml.WrongXml(
                _(
                    "It does not fit the schema at line %(line)s (%(rule)s).",
                    line=str(first.line),
                    rule=safe_xml.rule(first),
                )
            )

    def _read_through(self, body: bytes) -> None:
        for event, element in safe_xml.events(BytesIO(body), self._bounds, self._schema):
            if event == "end":
                safe_xml.forget(element)
