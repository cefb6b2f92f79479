"""Call a service that speaks SOAP with each record."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lxml import etree

from app_srvc.processors.handlers import outcomes, safe_xml
from app_srvc.processors.handlers.failures import (
    Failure,
    Permanent,
    Transient,
    WrongConfiguration,
)
from app_srvc.processors.handlers.fields import NAMESPACES, Fields
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record
from app_srvc.processors.handlers.service import Message, Service
from app_srvc.processors.handlers.service_form import PROPERTIES
from app_srvc.processors.handlers.templates import Template
from app_srvc.words import _

if TYPE_CHECKING:
    from app_srvc.processors.handlers.sending import Answer

_NAMESPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
# SOAP 1.1 says Client and Server for what is Sender and Receiver in 1.2.
_CALLER = {"Client", "Sender"}
_NEVER = {"VersionMismatch", "MustUnderstand", "DataEncodingUnknown"}
# SOAP 1.1 has all faults in a 500, 1.2 those of the sender in a 400, and some servers in a 200.
_WITH_FAULTS = {200, 400, 500}


class Soap:
    """Sends each record as the body of an envelope, or as the envelope that it is."""

    name = "soap"
    title = _("Call a service over SOAP")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["url"],
        "properties": {
            "url": PROPERTIES["url"],
            "version": {
                "type": "string",
                "title": _("Version of SOAP"),
                "enum": list(_NAMESPACES),
                "default": "1.1",
            },
            "action": {"type": "string", "title": _("Action"), "pattern": r"^[!#-~]*$"},
            "body": {
                "type": "string",
                "format": "textarea",
                "title": _("What is sent"),
                "description": _(
                    "A template of XML; without one, the content of the record. If it is no"
                    " envelope, it is put into one."
                ),
            },
            **{name: value for name, value in PROPERTIES.items() if name != "url"},
            "namespaces": NAMESPACES,
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Read the template."""
        self._service = Service(config)
        self._version: str = config.get("version", "1.1")
        self._namespace = _NAMESPACES[self._version]
        self._action: str = config.get("action", "")
        self._body = Template(config["body"], "xml") if config.get("body") else None
        self._namespaces: Mapping[str, str] = config.get("namespaces", {})

    def handle(self, record: Record, context: Context) -> Done:
        """Send it, and return what the answer's body holds for the next step."""
        fields = Fields(record, self._namespaces)
        content = record.payload.body if self._body is None else self._body.fill(fields).encode()
        message = Message("POST", self._headers(), self._in_envelope(content))
        answer = self._service.call(message, fields, context, self._check)
        return Done(self._content(answer), answer.status)

    def _headers(self) -> dict[str, str]:
        if self._version == "1.1":
            return {
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{self._action}"',
            }
        action = f'; action="{self._action}"' if self._action else ""
        return {"Content-Type": f"application/soap+xml; charset=utf-8{action}"}

    def _in_envelope(self, content: bytes) -> bytes:
        root = safe_xml.parse(content)
        if root.tag != f"{{{self._namespace}}}Envelope":
            envelope = etree.Element(
                f"{{{self._namespace}}}Envelope", nsmap={"soap": self._namespace}
            )
            etree.SubElement(envelope, f"{{{self._namespace}}}Body").append(root)
            root = envelope
        return safe_xml.written(root)

    def _check(self, answer: "Answer") -> None:
        service = self._service
        body = self._body_of(answer)
        fault = body.find("{*}Fault") if body is not None else None
        if fault is not None and answer.status in _WITH_FAULTS:
            raise self._failure(fault, answer.status)
        outcomes.check(
            answer.status, answer.headers, service.host, is_idempotent=service.is_idempotent
        )
        if answer.body and body is None:
            raise outcomes.lost(service.host, answer.status)

    def _failure(self, fault: safe_xml.Element, status: int) -> Failure:
        code = (fault.findtext("faultcode") or fault.findtext("{*}Code/{*}Value") or "").strip()
        name = code.rpartition(":")[2].partition(".")[0]
        told = {"service": self._service.host}
        if name in _CALLER:
            return Permanent(_("%(service)s finds fault with it.", **told), http_status=status)
        if name in _NEVER:
            return WrongConfiguration(
                _("%(service)s does not understand this kind of SOAP.", **told), http_status=status
            )
        return Transient(
            _("%(service)s has met with a fault of its own.", **told), http_status=status
        )

    def _body_of(self, answer: "Answer") -> safe_xml.Element | None:
        """Return the body of the envelope that an answer is, if it is one."""
        try:
            root = safe_xml.parse(answer.body)
        except safe_xml.WrongXml:
            return None
        is_envelope = root.tag in {f"{{{name}}}Envelope" for name in _NAMESPACES.values()}
        return root.find("{*}Body") if is_envelope else None

    def _content(self, answer: "Answer") -> Payload | None:
        body = self._body_of(answer)
        first = next(body.iterchildren("*"), None) if body is not None else None
        return None if first is None else Payload("application/xml", safe_xml.written(first))
