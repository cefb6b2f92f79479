"""Where files are kept. STORAGE_URL says; nothing outside this folder knows.

A key is made here and means nothing; a person's file name never becomes a path. Each file has
a row in `files` before its first byte is written, so whatever is killed when, the sweep finds
it: a row whose time is up goes together with its file.
"""

import secrets
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from app_srvc import db, settings
from app_srvc.storage import local, repository

RENEW_SECONDS = 60.0
SWEEP_AT_ONCE = 100


class Storage(Protocol):
    """What a place for files can do. Keys are 32 hexadecimal digits."""

    def save(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store all of `chunks` under `key`, durably and at once or not at all; return bytes.

        Raises:
            StorageFull: there is no room.
        """

    def open_file(self, key: str) -> BinaryIO:
        """Open what is stored under `key`, at its first byte and seekable.

        Raises:
            FileNotFoundError: nothing is stored under that key.
        """

    def delete(self, key: str) -> None:
        """Remove what is stored under `key`, half-written or whole, if it is there."""

    def check_room(self, expected: int) -> None:
        """Refuse `expected` bytes that cannot fit.

        Raises:
            StorageFull: there is no room.
        """


class StoredFile(NamedTuple):
    """A file that was stored and that nobody has claimed yet."""

    key: str
    bytes: int


@cache
def current() -> Storage:
    """Return the storage of this process."""
    return at(settings.load().storage_url, settings.load().min_free_bytes)


def at(url: str, min_free_bytes: int = 0) -> Storage:
    """Return the storage at an address. It refuses to leave less than `min_free_bytes` free."""
    return local.LocalStorage(unquote(urlsplit(url).path), min_free_bytes)


def new_key() -> str:
    """Return a key that nobody can guess and nothing else has."""
    return secrets.token_hex(16)


def save(chunks: Iterable[bytes]) -> StoredFile:
    """Store `chunks` under a new key. Unless a job claims it soon, it is swept away again.

    Raises:
        StorageFull: there is no room; nothing is left behind.
    """
    key = new_key()
    with db.transaction() as conn:
        repository.reserve(conn, key)
    try:
        size = current().save(key, _renewing(key, chunks))
        with db.transaction() as conn:
            repository.renew(conn, key, size)
    except BaseException:
        current().delete(key)
        raise
    return StoredFile(key, size)


def discard(keys: Iterable[str]) -> None:
    """Drop files that nobody has claimed; those of a job stay."""
    with db.transaction() as conn:
        repository.expire_unclaimed(conn, list(keys))
    sweep()


def open_file(key: str) -> BinaryIO:
    """Open a stored file; see `Storage.open_file`."""
    return current().open_file(key)


def sweep() -> int:
    """Delete files whose time is up, and return how many.

    File first, then row: killed in between, the next sweep meets a row without a file.
    """
    with db.transaction() as conn:
        keys = repository.lock_expired(conn, SWEEP_AT_ONCE)
        for key in keys:
            current().delete(key)
        repository.delete(conn, keys)
    return len(keys)


def _renewing(key: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass `chunks` on, and keep the sweep away from a file that arrives slowly."""
    renewed = time.monotonic()
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if time.monotonic() - renewed > RENEW_SECONDS:
            with db.transaction() as conn:
                repository.renew(conn, key, total)
            renewed = time.monotonic()
        yield chunk
