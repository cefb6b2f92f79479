"""The calls that are shipped. One of your own stands here, or in another service's `tasks`."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app_srvc.calls import arithmetic, repository
from app_srvc.calls.declaring import call
from app_srvc.db import Connection
from app_srvc.words import _

MOST_DIGITS = 300
LARGEST_N = 20_000


def _not_too_long(number: int) -> int:
    if abs(number) >= 10**MOST_DIGITS:
        raise ValueError(_("This takes a number of at most %(digits)s digits.", digits=MOST_DIGITS))
    return number


@call(about=_("Greets whoever is named."), volatile=True, timeout_seconds=5)
def hello(name: Annotated[str, Field(max_length=200)] = "world") -> str:
    """Return a greeting."""
    return f"Hello, {name}."


@call(about=_("Says whether a whole number is prime."))
def prime(x: Annotated[int, AfterValidator(_not_too_long)]) -> bool:
    """Say whether a number of at most 300 digits is prime."""
    return arithmetic.is_prime(x)


@call(about=_("Returns the n-th number of Fibonacci: its digits as a text, so that none is lost."))
def fibonacci(n: Annotated[int, Field(ge=0, le=LARGEST_N)]) -> str:
    """Return the n-th number of Fibonacci, in digits: most programs round a number of JSON."""
    return str(arithmetic.fibonacci(n))


def export(conn: Connection, job_id: str) -> dict[str, Any]:
    """Return what a call has answered, as JSON, for its owner to take along."""
    body = repository.find(conn, job_id)
    return {} if body is None else {"answer": body}
