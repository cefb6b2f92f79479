"""Talk to the mail server: with TLS, and with time-outs; `faults` has what can go wrong."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

from app_srvc.mail import faults
from app_srvc.settings.mail import MailServer

# To connect, and for each answer.
ANSWER_SECONDS = 20.0
# For the last one: a server may look into a mail before it takes it, and a mail whose receipt we do
# not wait for goes twice (RFC 5321, 4.5.3.2.6).
RECEIPT_SECONDS = 90.0
# For all of it: a server that sends a byte now and then keeps every other time-out from its end.
CONVERSATION_SECONDS = 240.0
GOODBYE_SECONDS = 2.0


class _Patient:
    """A client that ends the conversation, wherever it is, once it has taken too long."""

    sock: socket.socket | None

    def __init__(self, *args: Any, **options: Any) -> None:
        self.timer = Timer(CONVERSATION_SECONDS, self._give_up)
        self.timer.daemon = True
        self.timer.start()
        try:
            super().__init__(*args, **options)
        except BaseException:
            self.timer.cancel()
            raise

    def _give_up(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                # That of TLS would say goodbye first.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self.timer.cancel()
        super().close()  # type: ignore[misc]


class _Client(_Patient, smtplib.SMTP):
    pass


class _ClientOfTls(_Patient, smtplib.SMTP_SSL):
    pass


class Conversation:
    """A server that has let us in."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client

    def send(self, sender: str, reader: str, message: bytes) -> None:
        """Hand a message over; once this returns it is the server's to deliver.

        Raises:
            Refused: it will never be taken.
            RemoteDown: it may be taken later.
        """
        with faults.explained():
            self._expect("mail", sender, is_about_us=True)
            self._expect("rcpt", reader)
            self._allow(RECEIPT_SECONDS)
            self._expect("data", message)

    def end(self) -> None:
        """Say goodbye; whether it is heard does not matter."""
        with suppress(OSError):
            self._allow(GOODBYE_SECONDS)
            self._client.quit()
        self._client.close()

    def _allow(self, seconds: float) -> None:
        if self._client.sock is not None:
            self._client.sock.settimeout(seconds)

    def _expect(self, command: str, value: str | bytes, *, is_about_us: bool = False) -> None:
        say: Callable[[str | bytes], tuple[int, bytes]] = getattr(self._client, command)
        try:
            code, answer = say(value)
        except smtplib.SMTPDataError as error:
            code, answer = error.smtp_code, faults.as_bytes(error.smtp_error)
        if 200 <= code < 300:
            return
        if 500 <= code < 600 and code not in faults.ABOUT_US and not is_about_us:
            raise faults.Refused(code, answer)
        raise smtplib.SMTPResponseException(code, answer)


@contextmanager
def conversation(server: MailServer, our_name: str) -> Iterator[Conversation]:
    """Connect, begin TLS and log in; say goodbye when the block ends.

    Raises:
        RemoteDown: that is not possible just now.
    """
    with faults.explained():
        talk = Conversation(_connect(server, our_name))
    try:
        yield talk
    finally:
        talk.end()


def _connect(server: MailServer, our_name: str) -> smtplib.SMTP:
    options: dict[str, Any] = {"local_hostname": our_name, "timeout": ANSWER_SECONDS}
    context = ssl.create_default_context(cafile=server.ca)
    if server.tls == "at once":
        return _begin(_ClientOfTls(server.host, server.port, context=context, **options), server)
    client = _begin(_Client(server.host, server.port, **options), None)
    with _closed_on_error(client):
        if server.tls == "starttls":
            client.starttls(context=context)
    return _begin(client, server)


def _begin(client: smtplib.SMTP, server: MailServer | None) -> smtplib.SMTP:
    """Greet, and log in where a server with a login is given."""
    with _closed_on_error(client):
        client.ehlo_or_helo_if_needed()
        if server is not None and server.user:
            client.login(server.user, server.password)
    return client


@contextmanager
def _closed_on_error(client: smtplib.SMTP) -> Iterator[None]:
    try:
        yield
    except BaseException:
        client.close()
        raise
