"""How much one client may send in a while, checked before anything of a request's body is read.

A client is an account: its browsers together, and its programs together, as tokens are as easily
made as a guest's cookie. Whoever has no account is known by the address. While the counts cannot be
reached everybody is let in, and that is counted.
"""

import math
import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from app_srvc import settings
from app_srvc.accounts import access, secret
from app_srvc.admission import addresses, counters, refusals, telling
from app_srvc.admission.refusals import Kind
from app_srvc.admission.telling import TooFast
from app_srvc.settings.limits import Allowance, Rate

View = TypeVar("View", bound=Callable[..., Any])

_ADDRESS = "address "


def limited(rate: Rate, *methods: str) -> Callable[[View], View]:
    """Count a view's requests as such, but those that change nothing; `methods` of them, too."""

    def mark(view: View) -> View:
        view.rate, view.counted_methods = rate, methods  # type: ignore[attr-defined]
        return view

    return mark


def unlimited(reason: str) -> Callable[[View], View]:
    """Let a view's requests come as often as they like; `reason` is for whoever reads the code."""

    def mark(view: View) -> View:
        view.is_unlimited_as = reason  # type: ignore[attr-defined]
        return view

    return mark


def rate_of(view: object, method: str) -> Rate | None:
    """Return as what a request is counted: all that may change something is, somehow.

    What no view answers changes nothing.
    """
    if view is None:
        return None
    if method in access.SAFE_METHODS and method not in getattr(view, "counted_methods", ()):
        return None
    if getattr(view, "is_unlimited_as", None):
        return None
    rate: Rate = getattr(view, "rate", Rate.ACTIONS)
    return rate


def check() -> None:
    """Count this request, if it is to be counted.

    Raises:
        TooFast: its client has sent as many as it may.
        WrongToken: it came with a token that opens nothing.
        DatabaseDown: it cannot be found out whose it is.
    """
    rate = rate_of(current_app.view_functions.get(request.endpoint or ""), request.method)
    allowance = settings.load().allowance(rate) if rate else None
    if rate is None or allowance is None:
        return
    who = client()
    try:
        with counters.lent() as storage:
            _hit(storage, rate, allowance, who)
    except counters.Away:
        refusals.count(Kind.OPEN, rate)
        return
    g.rate_headers = telling.policy(allowance)


def tell(response: Response) -> Response:
    """Say in the answer how much may come; to find out how much is left would double the cost."""
    for name, value in g.get("rate_headers", {}).items():
        response.headers.setdefault(name, value)
    return response


def client() -> str:
    """Return who has sent this request, as far as limits are concerned."""
    who = access.viewer()
    if who.user is None:
        return f"{_ADDRESS}{addresses.network(request.remote_addr or '')}"
    return f"{'browsers' if who.scopes is None else 'programs'} of {who.user.id}"


def _hit(storage: Storage, rate: Rate, allowance: Allowance, who: str) -> None:
    """Count one.

    Raises:
        TooFast: it is one too many.
    """
    limiter = SlidingWindowCounterRateLimiter(storage)
    item, key = _item(rate, allowance), secret.keyed("rate", who)
    if limiter.hit(item, key):
        return
    # There is room for one more as soon as the window has moved on by one.
    at = limiter.get_window_stats(item, key).reset_time
    refusals.count(Kind.RATE, rate)
    wait = max(1, math.ceil(at - time.time()))
    raise TooFast(allowance, wait, by_address=who.startswith(_ADDRESS))


@cache
def _item(rate: Rate, allowance: Allowance) -> RateLimitItem:
    return RateLimitItemPerSecond(*allowance, namespace=f"cherha:rates:{rate}")
