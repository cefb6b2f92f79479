"""Make many records out of one."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import islice
from typing import Any

from app_srvc.db import Connection
from app_srvc.processors.handlers import safe_xml, xml_settings
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.fields import NAMESPACES, at_xpath, xpath
from app_srvc.processors.handlers.protocol import Context, Done, Record
from app_srvc.processors.repository import intake, loops
from app_srvc.processors.repository.intake import NewRecord
from app_srvc.words import _, ngettext

_MOST_BYTES = 50_000_000
_MOST_PARTS = 100_000
_AT_ONCE = 500


class Split:
    """Hands each element at a path to another processor, in the transaction that ends the record.

    So all parts are there or none, and each once.
    """

    name = "xml.split"
    title = _("Split XML into records of another processor")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["path", "processor"],
        "properties": {
            "path": {
                "type": "string",
                "title": _("Path of the parts"),
                "description": _("From the root, such as orders/order."),
                "minLength": 1,
            },
            "processor": {
                "type": "string",
                "title": _("Processor that takes them"),
                "minLength": 1,
            },
            "key": {
                "type": "string",
                "title": _("Key of a part, as XPath"),
                "description": _("Without it: the key of the whole, and a number."),
            },
            "most_parts": {
                "type": "integer",
                "title": _("Parts that are taken"),
                "minimum": 1,
                "maximum": 1_000_000,
                "default": _MOST_PARTS,
            },
            **xml_settings.bounds_properties(_MOST_BYTES),
            "namespaces": NAMESPACES,
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Read the paths."""
        self._bounds = xml_settings.bounds(config, _MOST_BYTES)
        self._path: str = config["path"]
        safe_xml.steps(self._path)
        self._processor: str = config["processor"]
        key = config.get("key")
        self._key = xpath(key, config.get("namespaces")) if key else None
        self._most_parts: int = config.get("most_parts", _MOST_PARTS)

    def handle(self, record: Record, context: Context) -> Done:
        """Read it through once, so that what is wrong shows before anything is written."""
        count = sum(1 for _part in self._parts(record))
        if not count:
            raise Permanent(_("There is nothing at the path of the parts."))
        context.log(ngettext("%(num)s part", "%(num)s parts", count))
        return Done(effect=lambda conn: self._hand_over(conn, record))

    def _parts(self, record: Record) -> Iterator[NewRecord]:
        found = safe_xml.iterparse(BytesIO(record.payload.body), self._path, self._bounds)
        for number, element in enumerate(found, 1):
            if number > self._most_parts:
                raise Permanent(_("It has more than %(num)s parts.", num=self._most_parts))
            yield NewRecord(
                f"{record.source_key}/{number}" if self._key is None else self._key_of(element),
                "application/xml",
                safe_xml.written(element),
                record.order_key,
            )

    def _key_of(self, element: safe_xml.Element) -> str:
        key = at_xpath(element, self._key)
        if key in {None, ""}:
            raise Permanent(_("A part has no key."))
        return str(key)

    def _hand_over(self, conn: Connection, record: Record) -> None:
        processor = loops.find(conn, self._processor)
        if processor is None or processor.id == record.processor_id:
            raise WrongConfiguration(
                _("There is no other processor “%(name)s”.", name=self._processor)
            )
        parts = self._parts(record)
        while some := list(islice(parts, _AT_ONCE)):
            firsts: dict[str, NewRecord] = {}
            for one in some:
                firsts.setdefault(one.source_key, one)
            intake.add_many(conn, processor.id, list(firsts.values()))
