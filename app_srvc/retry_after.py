"""How long another service asks to be left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds(headers: Mapping[str, str], most: float) -> float | None:
    """Return the seconds that a Retry-After asks for, as a number or as a date; None for none."""
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        pause = float(told)
    except ValueError:
        try:
            pause = (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(pause, most) if pause > 0 else None
