"""What a client is told about how much it may send: a sentence for people, headers for programs."""

import math

from app_srvc.errors import AppError
from app_srvc.settings.limits import Allowance
from app_srvc.words import Sentence, _, join, ngettext

# What stands behind "within".
SPANS = {1: _("a second"), 60: _("a minute"), 3600: _("an hour"), 86400: _("a day")}


class TooFast(AppError):
    """A client has sent as much as it may in a while; nothing of this request was read.

    `by_address` says that it may have had to share that with others.
    """

    status = 429
    title = _("Too much in a short time")

    def __init__(self, allowance: Allowance, wait: int, *, by_address: bool) -> None:
        number, span = allowance.number, SPANS[allowance.seconds]
        told = (_of_address if by_address else _of_account)(number, span)
        super().__init__(join(told, _("Nothing of it was stored."), _again_in(wait)))
        self.by_address = by_address
        self.headers = {
            "Retry-After": str(wait),
            **policy(allowance),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(wait),
        }


def policy(allowance: Allowance) -> dict[str, str]:
    """Return the fields of the IETF's draft, as clients know them, that say what may come."""
    return {
        "RateLimit-Policy": f"{allowance.number};w={allowance.seconds}",
        "RateLimit-Limit": str(allowance.number),
    }


def _of_address(number: int, span: Sentence) -> Sentence:
    return ngettext(
        "At most %(num)s request like this is taken from one address within %(span)s.",
        "At most %(num)s requests like this are taken from one address within %(span)s.",
        number,
        span=span,
    )


def _of_account(number: int, span: Sentence) -> Sentence:
    return ngettext(
        "At most %(num)s request like this is taken from one account within %(span)s.",
        "At most %(num)s requests like this are taken from one account within %(span)s.",
        number,
        span=span,
    )


def _again_in(seconds: int) -> Sentence:
    if seconds < 100:
        return ngettext(
            "Please try again in a second.", "Please try again in %(num)s seconds.", seconds
        )
    return ngettext(
        "Please try again in a minute.",
        "Please try again in %(num)s minutes.",
        math.ceil(seconds / 60),
    )
