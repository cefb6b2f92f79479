"""What there is to configure about a service that is called over HTTP."""

from collections.abc import Mapping
from typing import Any

from app_srvc.processors import named
from app_srvc.words import _

PROPERTIES: Mapping[str, Any] = {
    "url": {
        "type": "string",
        "title": _("Address"),
        "description": _("Behind the host, places such as {{ record.source_key }} are filled in."),
        "pattern": r"^https?://[^\s/?#@{}\\]+([/?][^#]*)?$",
        "maxLength": 2000,
    },
    "idempotent": {
        "type": "boolean",
        "title": _("It takes the same key once"),
        "description": _(
            "The service recognises a repeated Idempotency-Key. Otherwise a record may have been"
            " done when something in between answers with 502 or 504."
        ),
        "default": False,
    },
    "auth": {
        "type": "string",
        "title": _("Log in with"),
        "enum": ["none", "basic", "bearer", "header"],
        "default": "none",
    },
    "auth_user": {"type": "string", "title": _("Login, for basic"), "pattern": "^[^:]*$"},
    "auth_secret": {
        "type": "string",
        "title": _("Name of the secret"),
        "description": _("The workers have its value in their environment, as SECRET_<NAME>."),
        "pattern": named.NAME,
    },
    "auth_header": {
        "type": "string",
        "title": _("Name of the header, for header"),
        "pattern": "^[A-Za-z0-9-]+$",
    },
    "headers": {
        "type": "string",
        "format": "textarea",
        "title": _("Other headers"),
        "description": _("One a line, such as X-Key: {{ record.source_key }}. No secrets."),
    },
    "connect_seconds": {
        "type": "number",
        "title": _("Seconds to connect in"),
        "minimum": 0.1,
        "maximum": 300,
        "default": 10,
    },
    "read_seconds": {
        "type": "number",
        "title": _("Seconds without an answer"),
        "minimum": 0.1,
        "maximum": 3600,
        "default": 30,
    },
    "most_bytes": {
        "type": "integer",
        "title": _("Bytes of the answer that are read"),
        "minimum": 1,
        "maximum": 50_000_000,
        "default": 1_000_000,
    },
    "ca_file": {
        "type": "string",
        "title": _("File of trusted certificates"),
        "description": _("Where the workers are; without one, the system's are trusted."),
    },
    "proxy": {
        "type": "string",
        "title": _("Proxy"),
        "pattern": r"^(https?://[^\s/?#@]+/?)?$",
    },
    "private": {
        "type": "boolean",
        "title": _("It may be in this network"),
        "description": _("Otherwise private addresses are not called."),
        "default": False,
    },
}
