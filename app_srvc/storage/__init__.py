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
from typing import BinaryIO, NamedTuple

from app_srvc import db, periods, settings
from app_srvc.errors import DatabaseDown, StorageDown, StorageRefused
from app_srvc.storage import local, repository
from app_srvc.storage.protocol import Storage

log = logging.getLogger(__name__)

RENEW_SECONDS = 60.0
SWEEP_AT_ONCE = 100
# A transaction does not last for longer because of a slow store.
LONGEST_SECONDS = 5.0


class StoredFile(NamedTuple):
    """A file that was stored and that nobody has claimed yet."""

    key: str
    bytes: int


@cache
def current() -> Storage:
    """Return the storage of this process."""
    wanted = settings.load()
    if wanted.storage_folder is not None:
        return local.LocalStorage(wanted.storage_folder, wanted.min_free_bytes)
    # It takes a third of a second and 36 MB, which nobody pays who keeps files in a folder.
    from app_srvc.storage.s3 import S3Storage  # noqa: PLC0415

    return S3Storage(wanted)


def check_settings() -> None:
    """Find out at the start whether a store that is far can be used; one that is away may come.

    Raises:
        WrongSetting: it answers, and refuses us.
    """
    if not current().is_far:
        return
    try:
        current().check()
    except StorageRefused as error:
        raise settings.WrongSetting(f"Wrong setting. {error.wrong}.") from None
    except StorageDown as error:
        log.warning("%s It is asked again when it is needed.", error.wrong)


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
    except StorageDown:
        raise  # To drop it would be waited for as long again; the sweep does.
    except BaseException:
        drop(key)
        raise
    return StoredFile(key, size)


def drop(key: str) -> None:
    """Remove what was being stored when an error came, which is to be told; or leave it to the
    sweep."""
    try:
        current().delete(key)
    except OSError as error:
        log.warning("file %s is dropped later: %s", key, error)


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
    """Open a stored file; see `protocol.Storage`."""
    return current().open_file(key)


def sweep() -> int:
    """Delete files whose time is up, and return how many.

    File first, then row: killed in between, the next sweep meets a row without a file. One that
    cannot be deleted is tried again later and holds up no other, unless nothing answers.
    """
    until = time.monotonic() + LONGEST_SECONDS
    gone: list[str] = []
    stuck: list[str] = []
    with db.transaction() as conn:
        days = periods.in_force(conn).files_days
        for key in repository.lock_expired(conn, days, SWEEP_AT_ONCE):
            if time.monotonic() > until:
                break
            try:
                current().delete(key)
                gone.append(key)
            except StorageDown as error:
                log.warning("files are swept later: %s", error.wrong)
                break
            except OSError as error:
                log.warning("file %s could not be deleted: %s", key, error)
                stuck.append(key)
        repository.delete(conn, gone)
        repository.postpone(conn, stuck)
    return len(gone)


def sweep_now() -> None:
    """Sweep, if it can be done at once; the dispatcher does it again anyhow."""
    if current().is_far:
        return
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
