"""The settings about mail: where it is handed over, whom it is from, where its links lead."""

import re
import ssl
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

_PUBLIC_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s/?#]+)*")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]*[A-Za-z0-9]")
# What every way to log in can carry.
_PRINTABLE = re.compile(r"[ -~]+")


class MailServer(NamedTuple):
    """What SMTP_URL says. `ca` is a file of certificates that vouch for the server."""

    host: str
    port: int
    user: str
    password: str
    tls: Literal["at once", "starttls", "none"]
    ca: str | None


class Sender(NamedTuple):
    """What MAIL_FROM says."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]


class MailSettings(BaseSettings):
    """What an operator can set about mail."""

    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    public_url: str | None = None

    @property
    def sends_mail(self) -> bool:
        """Whether mail leaves this server, or is kept for an operator to hand over."""
        return self.smtp_url is not None

    @property
    def mail_server(self) -> MailServer | None:
        """Where mail is handed over; None when it is kept in the outbox."""
        return None if self.smtp_url is None else read_smtp_url(self.smtp_url.get_secret_value())

    @property
    def sender(self) -> Sender:
        """Whom mail is from, which is set where it is sent."""
        return Sender(*parseaddr(self.mail_from or ""))

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url_is_understood(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            read_smtp_url(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _sender_is_an_address(cls, text: str | None) -> str | None:
        if text is not None and not (text.isprintable() and _ADDRESS.fullmatch(parseaddr(text)[1])):
            raise ValueError("must be an address, or: Name <address>")
        return text

    @field_validator("public_url")
    @classmethod
    def _address_can_be_continued(cls, url: str | None) -> str | None:
        if url is not None and not _PUBLIC_URL.fullmatch(url):
            raise ValueError(
                "must look like https://host or https://host/prefix, without a slash at the end"
            )
        return url

    @model_validator(mode="after")
    def _mail_is_complete(self) -> "MailSettings":
        for name in ("mail_from", "public_url"):
            if self.sends_mail and getattr(self, name) is None:
                raise ValueError(f"SMTP_URL is set, which needs {name.upper()}")
        return self


def read_smtp_url(url: str) -> MailServer:
    """Take an SMTP_URL apart.

    Raises:
        ValueError: it is none; the message is for an operator and repeats nothing of it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("must look like smtp://user:password@host:587") from None
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path.strip("/") or parts.fragment:
        raise ValueError("must look like smtp://user:password@host:587 or smtps://…:465")
    user, password = _login(parts)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if set(options) - {"tls", "ca"} or options.get("tls", "none") != "none":
        raise ValueError("may end with ?tls=none or ?ca=/path/to/a/file, and with nothing else")
    if parts.scheme == "smtps":
        if "tls" in options:
            raise ValueError("begins with smtps, which rules ?tls=none out")
        return MailServer(host, port or 465, user, password, "at once", _certificates(options))
    if "tls" not in options:
        return MailServer(host, port or 587, user, password, "starttls", _certificates(options))
    if password and not _is_this_machine(host):
        raise ValueError("has a password, which ?tls=none would send for everybody to read")
    return MailServer(host, port or 25, user, password, "none", None)


def _login(parts: SplitResult) -> tuple[str, str]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("has a user without a password, or a password without a user")
    if user and not (_PRINTABLE.fullmatch(user) and _PRINTABLE.fullmatch(password)):
        raise ValueError("has a user or a password with other characters than those of ASCII")
    return user, password


def _certificates(options: dict[str, str]) -> str | None:
    path = options.get("ca")
    if path is None:
        return None
    try:
        ssl.create_default_context(cafile=Path(path).resolve(strict=True))
    except OSError:  # Those of TLS are among them.
        raise ValueError("names no file of certificates in ?ca=") from None
    return path


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
