"""What an answer over HTTP, or the lack of one, says about the effect of the call."""

import ssl
from collections.abc import Mapping

from app_srvc import retry_after
from app_srvc.processors.handlers.failures import (
    Failure,
    Permanent,
    Transient,
    Unknown,
    WrongConfiguration,
)
from app_srvc.words import _

MOST_PAUSE_SECONDS = 86_400.0

_REFUSED = {401, 403, 407}
# Too much to do, or out of order: for every record, not for this one.
_OVERLOADED = {429, 503}
# Something in between says that it had no answer; what is behind it may have done its work.
_IN_BETWEEN = {502, 504}
_IN_PROGRESS = 409
_PASSING = {408, 425}
_NEVER_ON_THIS_SERVER = {501, 505}


def check(status: int, headers: Mapping[str, str], service: str, *, is_idempotent: bool) -> None:
    """Return if a status is one of success, and raise what it means if it is not.

    `is_idempotent` says that the other side does the same call twice as if it were once.
    """
    if 200 <= status < 300:
        return
    if status < 400:
        raise WrongConfiguration(
            _("%(service)s sends callers elsewhere (status %(status)s).", **_told(service, status)),
            http_status=status,
        )
    if status in _REFUSED:
        raise WrongConfiguration(
            _(
                "%(service)s does not let this server in (status %(status)s).",
                **_told(service, status),
            ),
            http_status=status,
        )
    if status in _IN_BETWEEN and not is_idempotent:
        raise Unknown(
            _(
                "Something between here and %(service)s has lost the answer (status %(status)s).",
                **_told(service, status),
            ),
            http_status=status,
            is_destination=True,
        )
    raise _refusal(status, headers, service)


def _refusal(status: int, headers: Mapping[str, str], service: str) -> Failure:
    passes = status >= 500 or status in _PASSING | _OVERLOADED
    if status == _IN_PROGRESS:
        sentence = _("%(service)s is still at it (status %(status)s).", **_told(service, status))
    elif passes and status not in _NEVER_ON_THIS_SERVER:
        sentence = _(
            "%(service)s cannot do it just now (status %(status)s).", **_told(service, status)
        )
    else:
        return Permanent(
            _("%(service)s refuses it (status %(status)s).", **_told(service, status)),
            http_status=status,
        )
    return Transient(
        sentence,
        after_seconds=retry_after.seconds(headers, MOST_PAUSE_SECONDS) or 0.0,
        http_status=status,
        is_destination=status in _OVERLOADED | _IN_BETWEEN,
    )


def not_sent(service: str, cause: object = None) -> Failure:
    """Return what is to be raised when no connection came about."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return WrongConfiguration(
            _("The certificate of %(service)s is not trusted.", service=service)
        )
    return Transient(
        _("%(service)s cannot be reached; nothing was sent.", service=service),
        is_destination=True,
    )


def lost(service: str, status: int | None = None) -> Unknown:
    """Return what is to be raised when it was sent, and nothing is known of what came of it."""
    return Unknown(
        _("It was sent to %(service)s, and no answer came that can be used.", service=service),
        http_status=status,
        # Whoever hangs for one may well hang for the next: enough of them in a row all wait.
        is_destination=status is None,
    )


def refused_by_proxy(service: str, told: str) -> Failure:
    """Return what is to be raised when a proxy does not connect; `told` is its status line."""
    if told.startswith(tuple(map(str, _REFUSED))):
        return WrongConfiguration(
            _("The proxy does not let calls to %(service)s pass.", service=service)
        )
    return not_sent(service)


def _told(service: str, status: int) -> dict[str, str]:
    return {"service": service, "status": str(status)}
