"""How a call can end for whoever waits."""

from collections.abc import Mapping
from typing import NamedTuple

from app_srvc.errors import AppError, TooBusy
from app_srvc.words import _


class End(NamedTuple):
    """A call that was begun. `body` is its answer as JSON; None while it still runs."""

    id: str
    body: str | None


class CallFailed(AppError):
    status = 500
    title = _("The call failed")


class NobodyTookIt(TooBusy):
    says = _("Nobody has taken the call in time, and it was withdrawn. Please try again.")
    headers: Mapping[str, str] = {"Retry-After": "5"}


class CallLost(TooBusy):
    says = _("The call was lost on its way, with its worker or its queue. Please send it again.")
    headers: Mapping[str, str] = {"Retry-After": "1"}
