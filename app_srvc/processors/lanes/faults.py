"""Faults of a handler, told to whoever reads the log."""

import logging
import traceback

log = logging.getLogger(__name__)


def kind_of(error: Exception, when: str = "") -> str:
    """Log where a handler raised this, and return its kind.

    Where, and not what it says: that may hold what is in the record.
    """
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    places = "".join(f"\n  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    log.error("the handler raised %s%s%s", kind, when, places)
    return kind
