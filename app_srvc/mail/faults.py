"""What goes wrong between us and the mail server, in sentences that hold no address.

What is wrong with a message or its reader is for good. Everything else may pass: a server that is
away or busy, and also a wrong login or certificate, which an operator puts right.
"""

import logging
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from app_srvc.errors import PermanentError, RemoteDown
from app_srvc.words import _

log = logging.getLogger(__name__)

# "Log in first", and the like: not what a reader or a message can help.
ABOUT_US = frozenset({530, 534, 535, 538})
TOO_SLOW = _("The mail server does not answer in time.")
LONGEST_TOLD = 200


class Refused(PermanentError):
    """The server does not take this message, or has no such reader. `told` is what it said."""

    def __init__(self, code: int, answer: bytes) -> None:
        super().__init__(
            _("The mail server refused it for good (%(code)s).", code=_code(code, answer))
        )
        self.told = f"{code} {_without_addresses(answer)}"


@contextmanager
def explained() -> Iterator[None]:
    """Raise what goes wrong as a sentence for an operator. None of them holds an address."""
    try:
        yield
    except (Refused, RemoteDown):
        raise
    except smtplib.SMTPException as error:
        raise _explain_answer(error) from error
    except ssl.SSLCertVerificationError as error:
        log.error("the certificate of the mail server is not trusted: %s", error.verify_message)  # noqa: TRY400  # Not a fault of ours.
        raise RemoteDown(_("The certificate of the mail server is not trusted.")) from error
    except ssl.SSLError as error:
        raise RemoteDown(_("The mail server and this one agree on no encryption.")) from error
    except TimeoutError as error:
        raise RemoteDown(TOO_SLOW) from error
    except OSError as error:
        raise RemoteDown(
            _("The mail server cannot be reached (%(error)s).", error=error.strerror)
        ) from error


def _explain_answer(error: smtplib.SMTPException) -> RemoteDown:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        if isinstance(error.__context__, TimeoutError):
            return RemoteDown(TOO_SLOW)
        return RemoteDown(_("The mail server ended the conversation."))
    if isinstance(error, smtplib.SMTPResponseException):
        code = _code(error.smtp_code, as_bytes(error.smtp_error))
        if isinstance(error, smtplib.SMTPAuthenticationError):
            log.error("the mail server does not accept the login in SMTP_URL: %s", code)
            return RemoteDown(
                _("The mail server does not accept the login in SMTP_URL (%(code)s).", code=code)
            )
        return RemoteDown(
            _("The mail server takes no mail from us just now (%(code)s).", code=code)
        )
    # What we ask for and it does not offer: STARTTLS, or a way to log in.
    log.error("the mail server does not offer what SMTP_URL asks for: %s", error)
    return RemoteDown(_("The mail server does not offer what SMTP_URL asks for."))


def _code(code: int, answer: bytes) -> str:
    """Return the code of an answer, with the finer one of RFC 3463 if it begins with that."""
    found = re.match(rb"[245]\.\d{1,3}\.\d{1,3}", answer)
    return f"{code} {found[0].decode()}" if found else str(code)


def _without_addresses(answer: bytes) -> str:
    words = re.sub(r"[^ -~]+", " ", answer.decode("ascii", "replace"))
    return re.sub(r"\S*@\S*", "…", words)[:LONGEST_TOLD].strip()


def as_bytes(answer: bytes | str) -> bytes:
    """Return what a server said, which smtplib decodes now and then."""
    return answer.encode() if isinstance(answer, str) else answer
