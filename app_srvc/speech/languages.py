"""What languages are called."""

from functools import cache

from babel import Locale, UnknownLocaleError


@cache
def name(tag: str) -> str:
    """Return what a BCP 47 tag means in English; one that nobody knows stays as it is."""
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag
