"""Files that arrive in pieces, over as many requests as the connection takes.

In a folder, a piece is written and its end recorded under a lock on the file's row: so what is
recorded is on the disk, of two writers one wins, and the sweep never meets a file that is being
written. A store that is far gets the piece under a name of its own without a lock, which is held
to record it: of two writers one is recorded, and whichever web process comes next goes on there.
"""

import io
import os
from collections.abc import Iterable
from typing import IO
from uuid import UUID

from app_srvc import db, settings, storage
from app_srvc.accounts import access
from app_srvc.errors import AppError, Conflict, NotFound, TooLarge
from app_srvc.storage import repository as files
from app_srvc.storage.protocol import Kept
from app_srvc.uploads import bodies, names, repository
from app_srvc.uploads.repository import Pending
from app_srvc.words import _

# Whoever sends without a cookie shares one number with all others who do.
MOST_PENDING = 100
MOST_PENDING_OF_NOBODY = 1000

GONE = _("There is no such upload, or it is no longer kept.")


class TooManyUploads(AppError):
    status = 429
    title = _("Too many uploads")
    says = _("Too many uploads are unfinished or were never used. Finish or cancel some first.")


def create(length: int, name: str, metadata: str) -> Pending:
    """Record an upload of so many bytes, for whoever sent the request.

    Raises:
        TooLarge: it is larger than MAX_UPLOAD_BYTES.
        StorageFull: there is no room.
        TooManyUploads: its sender has left too many unfinished.
    """
    if length > settings.load().max_upload_bytes:
        raise TooLarge(bodies.too_large())
    owner = access.viewer().owner
    upload_id = str(UUID(storage.new_key()))
    new = Pending(upload_id, storage.new_key(), owner, names.clean(name), metadata, length, 0)
    with db.transaction() as conn:
        most = MOST_PENDING_OF_NOBODY if owner is None else MOST_PENDING
        if repository.count_pending(conn, owner) >= most:
            raise TooManyUploads
        # What others have announced will come as well.
        storage.current().check_room(length + repository.count_bytes_to_come(conn))
        files.reserve(conn, new.key, repository.NOT_BEGUN)
        repository.add(conn, new)
    return new


def find(upload_id: str) -> Pending:
    """Return an upload of whoever sent the request.

    Raises:
        NotFound: there is none, or its time is up, or it is somebody else's.
    """
    with db.transaction() as conn:
        found = repository.find(conn, upload_id)
    if found is None or not access.viewer().may_see(found.owner):
        raise NotFound(GONE)
    return found


def append(upload: Pending, pieces: Iterable[IO[bytes]]) -> None:
    """Store what arrives behind what has come.

    Raises:
        Conflict: more has come meanwhile, in another request.
        TooLarge: that is more than was announced.
        NotFound: it was cancelled meanwhile, or what had come is lost.
        StorageFull: there is no room. What came before the last piece is kept.
        StorageDown: the storage does not answer. The same is kept.
    """
    for piece in pieces:
        size = piece.seek(0, os.SEEK_END)
        if upload.received + size > upload.length:
            raise TooLarge(_("That is more than was announced."))
        upload = (_add_afar if storage.current().is_far else _add)(upload, piece, size)


def _add(upload: Pending, piece: IO[bytes], size: int) -> Pending:
    """Write a piece and record it, under the lock."""
    with db.transaction() as conn:
        now = _lock_unchanged(conn, upload)
        kept = _store(now, piece)
        repository.advance(conn, upload.id, upload.received + size, kept)
    return now._replace(received=upload.received + size, kept=kept)


def _add_afar(upload: Pending, piece: IO[bytes], size: int) -> Pending:
    """Write a piece, and record it if nothing else was recorded meanwhile."""
    number = 0
    with db.transaction() as conn:
        before = _lock_unchanged(conn, upload)
        if storage.current().needs_number(before.kept, size):
            number = repository.begin(conn, upload.id)
    kept = _store(before, piece, number)
    try:
        with db.transaction() as conn:
            _lock_unchanged(conn, upload)
            repository.advance(conn, upload.id, upload.received + size, kept)
    except NotFound:
        storage.drop(upload.key)  # Whoever cancelled it did not find this piece.
        raise
    except Conflict:
        storage.current().tidy(upload.key, kept, before.kept)
        raise
    storage.current().tidy(upload.key, before.kept, kept)
    return before._replace(received=upload.received + size, kept=kept)


def _store(upload: Pending, piece: IO[bytes], number: int = 0) -> Kept:
    try:
        return storage.current().append(upload.key, upload.received, piece, upload.kept, number)
    except FileNotFoundError:
        raise NotFound(GONE) from None


def cancel(upload: Pending) -> None:
    """Drop an upload and what has come of it.

    Raises:
        Conflict: a job has taken it already.
    """
    if upload.job_id is not None:
        raise Conflict(_("It has become a job. Cancel that one."))
    storage.discard([upload.key])


def finish(upload: Pending) -> None:
    """Let the file of an upload be read.

    That is not done with the last piece: killed between its two halves, it could not be repeated.

    Raises:
        Conflict: it has not arrived whole.
        NotFound: it is gone.
    """
    if upload.received < upload.length:
        raise Conflict(_("%(name)s has not arrived whole yet.", name=upload.name))
    if upload.length == 0:
        upload = upload._replace(kept=_store(upload, io.BytesIO()))
    if not storage.current().is_far:
        with db.transaction() as conn:
            _lock(conn, upload)
            _seal(upload)
        return
    with db.transaction() as conn:
        number = repository.begin(conn, upload.id)
    _seal(upload, number)
    try:
        with db.transaction() as conn:
            _lock(conn, upload)
    except NotFound:
        storage.drop(upload.key)  # Whoever cancelled it did not find this.
        raise


def _seal(upload: Pending, number: int = 0) -> None:
    try:
        storage.current().seal(upload.key, upload.kept, number)
    except FileNotFoundError:
        raise NotFound(GONE) from None


def _lock(conn: db.Connection, upload: Pending) -> Pending:
    repository.lock(conn, upload.id)
    now = repository.find(conn, upload.id)
    if now is None:
        raise NotFound(GONE)
    return now


def _lock_unchanged(conn: db.Connection, upload: Pending) -> Pending:
    now = _lock(conn, upload)
    if now.received != upload.received or now.job_id is not None:
        raise Conflict(_("More of this upload has come in another request."))
    return now
