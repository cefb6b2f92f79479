"""Where files are kept. STORAGE_URL says; nothing outside this folder knows.

A key is made here and means nothing; a person's file name never becomes a path. Each file has
a row in `files` before its first byte is written, so whatever is killed when, the sweep finds
it: a row whose time is up goes together with its file.
"""

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from app_srvc import db, periods, settings
from app_srvc.errors import DatabaseDown
from app_srvc.storage import local, repository
from app_srvc.storage.room import Room

log = logging.getLogger(__name__)

RENEW_SECONDS = 60.0
SWEEP_AT_ONCE = 100


class Storage(Protocol):
    """What a place for files can do. Keys are 32 hexadecimal digits."""

    def save(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store all of `chunks` under `key`, durably and at once or not at all; return bytes.

        Raises:
            StorageFull: there is no room.
        """

    def append(self, key: str, offset: int, piece: bytes) -> None:
        """Write `piece` behind the first `offset` bytes of an unsealed file, durably.

        What an interrupted call has left behind `offset` is gone. One caller at a time.

        Raises:
            StorageFull: there is no room.
            FileNotFoundError: there are not so many bytes.
        """

    def seal(self, key: str) -> None:
        """Let what was appended be opened from now on; to be called twice is harmless.

        Raises:
            FileNotFoundError: nothing is stored under that key.
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

    def room(self) -> Room:
        """Return how much room there is."""


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


def save(chunks: Iterable[bytes], along: Iterable[str] = ()) -> StoredFile:
    """Store `chunks` under a new key. Unless a job claims it soon, it is swept away again.

    `along` are keys that came before it in the same submission, and wait for it.

    Raises:
        StorageFull: there is no room; nothing is left behind.
    """
    key = new_key()
    with db.transaction() as conn:
        repository.reserve(conn, key)
    try:
        size = current().save(key, _renewing([key, *along], chunks))
        with db.transaction() as conn:
            repository.note_size(conn, key, size)
            repository.renew(conn, [key, *along])
    except BaseException:
        current().delete(key)
        raise
    return StoredFile(key, size)


def discard(keys: Iterable[str]) -> None:
    """Drop files that nobody has claimed; those of a job stay.

    It never raises: it follows an error that is to be told, or a success. What cannot be dropped
    now is dropped when its time on probation is over.
    """
    unwanted = list(keys)
    if not unwanted:
        return
    try:
        with db.transaction() as conn:
            repository.expire_unclaimed(conn, unwanted)
    except DatabaseDown as error:
        log.warning("files are dropped later: %s", error)
    sweep_now()


def open_file(key: str) -> BinaryIO:
    """Open a stored file; see `Storage.open_file`."""
    return current().open_file(key)


def sweep() -> int:
    """Delete files whose time is up, and return how many.

    File first, then row: killed in between, the next sweep meets a row without a file. One that
    cannot be deleted is tried again later and holds up no other.
    """
    gone: list[str] = []
    stuck: list[str] = []
    with db.transaction() as conn:
        days = periods.in_force(conn).files_days
        for key in repository.lock_expired(conn, days, SWEEP_AT_ONCE):
            try:
                current().delete(key)
                gone.append(key)
            except OSError as error:
                log.warning("file %s could not be deleted: %s", key, error)
                stuck.append(key)
        repository.delete(conn, gone)
        repository.postpone(conn, stuck)
    return len(gone)


def sweep_now() -> None:
    """Sweep, if it can be done; the dispatcher does it again anyhow."""
    try:
        sweep()
    except DatabaseDown as error:
        log.warning("files are swept later: %s", error)


def _renewing(keys: list[str], chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass `chunks` on, and keep the sweep away from files of which the last arrives slowly."""
    renewed = time.monotonic()
    for chunk in chunks:
        if time.monotonic() - renewed > RENEW_SECONDS:
            with db.transaction() as conn:
                repository.renew(conn, keys)
            renewed = time.monotonic()
        yield chunk
