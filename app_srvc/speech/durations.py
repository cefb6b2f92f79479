"""Lengths of time, written for people."""

from app_srvc.words import Sentence, ngettext


def clock(seconds: float) -> str:
    """Write a length of time: 0:07, 61:00, and from two hours on 2:01:00."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def limit(seconds: float) -> Sentence:
    """Write a limit: 6 hours, 90 minutes, 100 seconds."""
    count = round(seconds)
    if count % 3600 == 0:
        return ngettext("%(num)s hour", "%(num)s hours", count // 3600)
    if count % 60 == 0:
        return ngettext("%(num)s minute", "%(num)s minutes", count // 60)
    return ngettext("%(num)s second", "%(num)s seconds", count)
