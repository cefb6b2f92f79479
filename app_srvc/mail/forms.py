"""Which page of the outbox is asked for."""

from datetime import datetime

from flask import request

from app_srvc.errors import NotFound
from app_srvc.jobs.forms import read_key, write_key
from app_srvc.mail.repository import Page
from app_srvc.words import _

PAGE_SIZE = 20


def key_of_page() -> tuple[datetime, str] | None:
    """Return the mail before which the page begins; None for the first page.

    Raises:
        NotFound: the address was not made by `key_after`.
    """
    text = request.args.get("before")
    if not text:
        return None
    try:
        return read_key(text)
    except (ValueError, OverflowError):
        raise NotFound(_("There is no such page.")) from None


def key_after(page: Page) -> str | None:
    """Return the key of the next page; None when there is nothing more."""
    if not page.has_older:
        return None
    last = page.mails[-1]
    return write_key((last.created_at, last.id))
