"""Call a service with each record."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app_srvc.processors.handlers import outcomes
from app_srvc.processors.handlers.failures import Permanent
from app_srvc.processors.handlers.fields import NAMESPACES, Fields, tried_xpath
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record
from app_srvc.processors.handlers.service import Message, Service
from app_srvc.processors.handlers.service_form import PROPERTIES
from app_srvc.processors.handlers.templates import Template, kind_of
from app_srvc.words import _

if TYPE_CHECKING:
    from app_srvc.processors.handlers.sending import Answer

_WITHOUT_BODY = {"GET", "DELETE"}


class Http:
    """Sends each record, or what a template makes of it, to an address."""

    name = "http"
    title = _("Call a service over HTTP")
    schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["url"],
        "properties": {
            "method": {
                "type": "string",
                "title": _("Method"),
                "enum": ["POST", "PUT", "PATCH", "DELETE", "GET"],
                "default": "POST",
            },
            **PROPERTIES,
            "content_type": {
                "type": "string",
                "title": _("Kind of content"),
                "description": _("Without one, it is the record's own."),
                "pattern": r"^([\w.+-]+/[\w.+-]+(;.*)?)?$",
            },
            "body": {
                "type": "string",
                "format": "textarea",
                "title": _("What is sent"),
                "description": _(
                    "A template; without one, the content of the record. In JSON a place is a"
                    " whole value and has no quotes: {{ record.json.id }}."
                ),
            },
            "success_pointer": {
                "type": "string",
                "title": _("Where the answer says that it is done"),
                "description": _("A place in JSON, such as /result/ok."),
                "pattern": "^(/.*)?$",
            },
            "success_xpath": {
                "type": "string",
                "title": _("The same as XPath, if the answer is XML"),
            },
            "success_value": {
                "type": "string",
                "title": _("What stands there then"),
                "description": _("Without it: anything but false, zero and nothing."),
            },
            "namespaces": NAMESPACES,
        },
    }

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Read the templates."""
        self._service = Service(config)
        self._method: str = config.get("method", "POST")
        self._content_type: str = config.get("content_type", "")
        kind = kind_of(self._content_type)
        self._body = Template(config["body"], kind) if config.get("body") else None
        self._namespaces: Mapping[str, str] = config.get("namespaces", {})
        self._pointer: str = config.get("success_pointer", "")
        self._xpath: str = config.get("success_xpath", "")
        if self._xpath:
            tried_xpath(self._xpath, self._namespaces)
        self._value: str = config.get("success_value", "")

    def handle(self, record: Record, context: Context) -> Done:
        """Send it, and return the answer for the next step."""
        fields = Fields(record, self._namespaces)
        answer = self._service.call(
            self._message(record, fields),
            fields,
            context,
            lambda answer: self._check(answer, record),
        )
        return Done(_payload(answer), answer.status)

    def _message(self, record: Record, fields: Fields) -> Message:
        if self._method in _WITHOUT_BODY:
            return Message(self._method, {}, b"")
        body = record.payload.body if self._body is None else self._body.fill(fields).encode()
        content_type = self._content_type or record.payload.media_type
        return Message(self._method, {"Content-Type": content_type}, body)

    def _check(self, answer: "Answer", record: Record) -> None:
        service = self._service
        outcomes.check(
            answer.status, answer.headers, service.host, is_idempotent=service.is_idempotent
        )
        if not self._says_done(answer, record):
            raise Permanent(
                _("%(service)s answers that it has not done it.", service=service.host),
                http_status=answer.status,
            )

    def _says_done(self, answer: "Answer", record: Record) -> bool:
        if not (self._pointer or self._xpath):
            return True
        fields = Fields(record._replace(payload=Payload("", answer.body)), self._namespaces)
        try:
            found = fields.pointer(self._pointer) if self._pointer else fields.xpath(self._xpath)
        except Exception:  # The service has done it, or not; what follows must not repeat it.
            raise outcomes.lost(self._service.host, answer.status) from None
        if not self._value:
            return bool(found)
        return self._value == (str(found).lower() if isinstance(found, bool) else str(found))


def _payload(answer: "Answer") -> Payload | None:
    """Return what an answer holds; None for nothing."""
    media_type = answer.headers.get("content-type", "application/octet-stream")
    return Payload(media_type, answer.body) if answer.body else None
