"""Whose everything is. Each table that says so has a function here that lets it change hands."""

from app_srvc.db import Connection
from app_srvc.jobs.repository import changes
from app_srvc.speech.document.repository import edits
from app_srvc.uploads import repository as uploads

# What the owner begins with who has no account, but a cookie.
GUEST = "guest:"

# `tests/accounts/test_ownership.py` sees to it that no table is forgotten.
_MOVES = (changes.change_owner, uploads.change_owner, edits.change_editor)


def move(conn: Connection, old: str, new: str) -> None:
    """Let all that belongs to one owner belong to another."""
    for change_owner in _MOVES:
        change_owner(conn, old, new)
