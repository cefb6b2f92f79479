"""How records are told apart: by a value in them, or by all that is in them."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from app_srvc.processors import pointers
from app_srvc.processors.importing.items import LARGEST_RECORD, TOO_LARGE, Bad
from app_srvc.processors.repository.intake import LONGEST_KEY, NewRecord
from app_srvc.words import _

NO_KEY = _("There is no key in it.")
NO_ORDER_KEY = _("There is no value in it for the order.")
TOO_LONG = _("Its key has more than %(max)s characters.", max=LONGEST_KEY)
NO_TEXT = _("There is a character in its key that no text may have.")


def record(media_type: str, body: bytes, key: str | None, order_key: str | None) -> NewRecord:
    """Return a record of its content; without a key its content is the key.

    Raises:
        Bad: it is too large, or a key of it is none.
    """
    if len(body) > LARGEST_RECORD:
        raise Bad(TOO_LARGE)
    key = of_content(body) if key is None else _checked(key, NO_KEY)
    if order_key is not None:
        order_key = _checked(order_key, NO_ORDER_KEY)
    return NewRecord(key, media_type, body, order_key)


def of_content(body: bytes) -> str:
    """Return the key of a record that has none of its own."""
    return f"sha256:{sha256(body).hexdigest()}"


def fault_of(key: str) -> str | None:
    """Return what is wrong with a key, if anything is."""
    try:
        _checked(key, NO_KEY)
    except Bad as bad:
        return bad.sentence
    return None


def pointer(text: str) -> Callable[[Any], str]:
    """Return what finds a value by an RFC 6901 pointer; a name alone is that of a member."""
    way = pointers.steps(text) if text.startswith("/") else [text]

    def find(value: Any) -> str:
        found = pointers.at(value, way)
        if isinstance(found, str):
            return found
        # True and false would be the key of half of all records each.
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return json.dumps(found) if is_number else ""

    return find


def _checked(key: str, missing: str) -> str:
    if not key.strip():
        raise Bad(missing)
    if len(key) > LONGEST_KEY:
        raise Bad(TOO_LONG)
    try:
        key.encode()
    except UnicodeEncodeError:
        raise Bad(NO_TEXT) from None
    if "\0" in key:
        raise Bad(NO_TEXT)
    return key
