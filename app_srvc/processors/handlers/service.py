"""A service over HTTP, as the configuration of a handler describes it."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.fields import Fields
from app_srvc.processors.handlers.protocol import Context
from app_srvc.processors.handlers.templates import Template
from app_srvc.words import _

if TYPE_CHECKING:
    from app_srvc.processors.handlers.sending import Answer

# What this module, or HTTP itself, writes.
_OURS = {
    "authorization", "connection", "content-length", "content-type", "cookie", "host",
    "idempotency-key", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_HEADER = re.compile(r"([A-Za-z0-9-]+):[ \t]*(.*)")
_MOST_URL = 8000
_RESERVE_SECONDS = 1.0


class Message(NamedTuple):
    """What is asked of a service."""

    method: str
    headers: Mapping[str, str]
    body: bytes


class Service:
    """A service that can be called.

    Raises:
        WrongConfiguration: its configuration does not make sense.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._url = Template(config["url"], "url")
        self._shown = config["url"].partition("?")[0]
        self.host = _host(config["url"])
        self._headers = [
            (name, Template(text, "text")) for name, text in _lines(config.get("headers", ""))
        ]
        self.is_idempotent: bool = config.get("idempotent", False)

    def call(
        self, message: Message, fields: Fields, context: Context, judge: Callable[["Answer"], None]
    ) -> "Answer":
        """Call it once, and return the answer unless `judge` raises what is wrong with it.

        Raises:
            Failure: it was not called, it failed, or nobody knows.
        """
        # The web makes forms of handlers, and calls nobody.
        from app_srvc.processors.handlers import sending  # noqa: PLC0415

        request = sending.Request(
            self.host,
            message.method,
            self._filled_url(fields),
            {**self._written(fields), **message.headers, **self._proof(context)}
            | {"Idempotency-Key": f'"{context.key()}"'},
            message.body,
        )
        way = sending.Way(
            self._config.get("connect_seconds", 10.0),
            self._config.get("read_seconds", 30.0),
            self._config.get("most_bytes", 1_000_000),
            self._config.get("ca_file") or None,
            self._config.get("proxy") or None,
            self._config.get("private", False),
        )
        # Neither the query nor what is filled in: people read this, in logs too.
        with context.call(f"{message.method} {self._shown}"):
            left = context.seconds_left()
            answer = sending.send(request, way, left - min(_RESERVE_SECONDS, left / 10))
            judge(answer)
        return answer

    def _filled_url(self, fields: Fields) -> str:
        url = self._url.fill(fields)
        if len(url) > _MOST_URL:
            raise Permanent(_("The address would be too long."))
        return url

    def _written(self, fields: Fields) -> dict[str, str]:
        return {name: template.fill(fields) for name, template in self._headers}

    def _proof(self, context: Context) -> dict[str, str]:
        """Return the header that says who calls."""
        kind = self._config.get("auth", "none")
        if kind == "none":
            return {}
        name = self._config.get("auth_secret", "")
        secret = context.secret(name)
        if not (secret.isascii() and secret.isprintable()):
            raise WrongConfiguration(
                _("The secret %(name)s has signs that no header can carry.", name=name)
            )
        if kind == "basic":
            pair = f"{self._config.get('auth_user', '')}:{secret}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if kind == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        return {self._config.get("auth_header") or "Authorization": secret}


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise WrongConfiguration(_("That is no address that can be called.")) from None
    return parts.hostname or ""


def _lines(text: str) -> list[tuple[str, str]]:
    found = []
    for line in filter(str.strip, text.splitlines()):
        header = _HEADER.fullmatch(line.strip())
        if header is None or header[1].lower() in _OURS:
            raise WrongConfiguration(
                _("“%(line)s” is no header that can be set here.", line=line.partition(":")[0])
            )
        found.append((header[1], header[2]))
    return found
