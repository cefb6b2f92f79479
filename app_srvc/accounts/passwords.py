"""Passwords: which are taken, and how they are kept.

Argon2id with the parameters that RFC 9106 recommends where memory is short: 64 MiB for each hash
that is being made. So few are made at once: hundreds of threads would take all memory there is.
"""

import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from app_srvc.accounts import secret
from app_srvc.errors import Told, TooBusy
from app_srvc.words import _

SHORTEST, LONGEST = 10, 200
# Whoever waits for longer than this for a turn is told to come again.
PATIENCE_SECONDS = 10.0

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_turns = threading.BoundedSemaphore(min(4, os.cpu_count() or 1))


class Weak(Told):
    """A password that is not taken; the sentence says why."""


def check(password: str, *names: str) -> None:
    """See whether a password may be taken by somebody of these names.

    Raises:
        Weak: it is too short, too long, too plain, or one of the names.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise Weak(_("A password has at least %(least)s characters.", least=SHORTEST))
    if len(plain) > LONGEST:
        raise Weak(_("A password has at most %(most)s characters.", most=LONGEST))
    if len(set(plain)) < 4:
        raise Weak(_("This password is too easy to guess."))
    folded = plain.casefold()
    if any(name and folded == name.casefold() for name in names):
        raise Weak(_("A password is not a name or an address."))


def hash_of(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        TooBusy: too many are logging in at once.
    """
    with _turn():
        return _hasher.hash(_normal(password))


def fits(password: str, hashed: str | None) -> bool:
    """Say whether it is the password. Without a hash it is not, and that takes as long.

    Raises:
        TooBusy: too many are logging in at once.
    """
    with _turn():
        try:
            is_right = _hasher.verify(hashed or _nobodys(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return is_right and hashed is not None


def is_dated(hashed: str) -> bool:
    """Say whether a hash was made with parameters of another time."""
    return _hasher.check_needs_rehash(hashed)


@cache
def _nobodys() -> str:
    return _hasher.hash(secret.new())


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE_SECONDS):
        raise TooBusy
    try:
        yield
    finally:
        _turns.release()


def _normal(password: str) -> str:
    """Let the same keys on two keyboards be the same password (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password[: 4 * LONGEST])
