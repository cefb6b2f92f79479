"""A mail server on this machine, with the faults of real ones: `python -m tests.support.smtp`."""

import argparse
import asyncio
import email
import email.policy
import os
import shutil
import ssl
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.product import free_port
from tests.support.workers import ROOT, wait_for


class MailServer:
    """A mail server in a process of its own. What it has accepted stays when it is restarted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.options: dict[str, object] = {}

    @property
    def url(self) -> str:
        """What SMTP_URL is to be."""
        login = str(self.options.get("login", ""))
        user, _, password = login.partition(":")
        prefix = f"{quote(user, safe='')}:{quote(password, safe='')}@" if login else ""
        if "tls" not in self.options:
            return f"smtp://{prefix}127.0.0.1:{self.port}?tls=none"
        scheme = "smtps" if self.options["tls"] == "at-once" else "smtp"
        return f"{scheme}://{prefix}127.0.0.1:{self.port}?ca={self.options['certificate']}"

    def start(self, **options: object) -> None:
        """Start it, or start it again with other options: those of `_arguments` below."""
        self.stop()
        self.options = options
        self.folder.mkdir(exist_ok=True)
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen(
            [
                sys.executable, "-W", "ignore", "-m", "tests.support.smtp",
                "--folder", str(self.folder), "--port", str(self.port), *words,
            ],
            cwd=ROOT,
        )  # fmt: skip
        wait_for(ready.exists)

    def stop(self) -> None:
        """End it, without a word to whoever talks to it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def messages(self) -> list[EmailMessage]:
        """Return what it has accepted, in that order."""
        return [
            email.message_from_bytes(
                path.read_bytes(), _class=EmailMessage, policy=email.policy.SMTP
            )
            for path in sorted(self.folder.glob("*.eml"))
        ]

    def readers(self) -> list[str]:
        """Return to whom each went."""
        return [path.read_text() for path in sorted(self.folder.glob("*.to"))]

    def logins(self) -> list[str]:
        """Return each user and password that somebody tried."""
        path = self.folder / "logins"
        return path.read_text().splitlines() if path.exists() else []


def certificate(folder: Path) -> Path:
    """Make a certificate for this machine, with its key in the same file, and return its path."""
    if shutil.which("openssl") is None:
        message = "no openssl, which makes a certificate for a mail server"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    key, path = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key),
            "-out", str(path), "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    with path.open("a") as file:
        file.write(key.read_text())
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where what comes is kept")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls", choices=["starttls", "at-once"])
    parser.add_argument("--certificate", type=Path, help="for TLS, with its key")
    parser.add_argument("--login", default="", help="USER:PASSWORD that it asks for")
    parser.add_argument("--answer-to", choices=["mail", "rcpt", "data"], help="answers that with")
    parser.add_argument("--answer", default="451 4.3.0 Not now", help="what --answer-to says")
    parser.add_argument("--times", type=int, default=10**9, help="how often it does")
    parser.add_argument("--hang", choices=["data"], help="never answers that")
    parser.add_argument("--drop", choices=["before", "after"], help="goes, before/after it took it")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--drip", type=int, default=0, help="1: greets a byte at a time, for ever")
    return parser.parse_args()


class Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.times = asked.times

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take who sends it."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("mail")

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take whom it is for."""
        answer = await self._answer("rcpt")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer.replace("READER", address)

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take it."""
        if self.asked.hang == "data":
            await asyncio.sleep(10**6)
        answer = await self._answer("data")
        if answer.startswith("250") and self.asked.drop != "before":
            self._keep(envelope)
        if self.asked.drop:
            server.transport.abort()
        return answer

    async def _answer(self, step: str) -> str:
        await asyncio.sleep(self.asked.slow)
        if self.asked.answer_to == step and self.times > 0:
            self.times -= 1
            return str(self.asked.answer)
        return "250 OK"

    def _keep(self, envelope: Any) -> None:
        name = f"{len(list(self.asked.folder.glob('*.eml'))):06}"
        (self.asked.folder / f"{name}.to").write_text(" ".join(envelope.rcpt_tos))
        half = self.asked.folder / f"{name}.half"
        half.write_bytes(envelope.original_content)
        half.rename(self.asked.folder / f"{name}.eml")

    def authenticate(self, _s: Any, _ss: Any, _e: Any, _mechanism: str, data: Any) -> Any:
        """Let in who has the login."""
        from aiosmtpd.smtp import AuthResult

        told = b":".join(data).decode()
        with (self.asked.folder / "logins").open("a") as file:
            file.write(f"{told}\n")
        return AuthResult(success=told == self.asked.login, handled=False)


async def _serve(asked: argparse.Namespace) -> None:
    from aiosmtpd.smtp import SMTP

    handler = Handler(asked)
    tls = None
    if asked.tls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(asked.certificate)

    def protocol() -> Any:
        return SMTP(
            handler,
            hostname="mail.example.org",
            tls_context=tls if asked.tls == "starttls" else None,
            require_starttls=asked.tls == "starttls",
            auth_required=bool(asked.login),
            auth_require_tls=asked.tls == "starttls",
            authenticator=handler.authenticate if asked.login else None,
        )

    if asked.drip:
        server = await asyncio.start_server(_drip, "127.0.0.1", asked.port)
    else:
        loop = asyncio.get_running_loop()
        secure = tls if asked.tls == "at-once" else None
        server = await loop.create_server(protocol, "127.0.0.1", asked.port, ssl=secure)
    (asked.folder / "ready").touch()
    await server.serve_forever()


async def _drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 ")
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(_serve(_arguments()))
