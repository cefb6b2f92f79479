"""Files that arrive in pieces, over as many requests as the connection takes.

A piece is written and its end recorded under a lock on the file's row: so what is recorded is
on the disk, of two writers one wins, and the sweep never meets a file that is being written.
"""

from collections.abc import Iterable
from uuid import UUID

from app_srvc import db, settings, storage
from app_srvc.accounts import access
from app_srvc.errors import AppError, Conflict, NotFound, TooLarge
from app_srvc.storage import repository as files
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


def append(upload: Pending, pieces: Iterable[bytes]) -> None:
    """Store what arrives behind what has come.

    Raises:
        Conflict: more has come meanwhile, in another request.
        TooLarge: that is more than was announced.
        NotFound: it was cancelled meanwhile, or what had come is lost.
        StorageFull: there is no room. What came before the last piece is kept.
    """
    for piece in pieces:
        received = upload.received + len(piece)
        if received > upload.length:
            raise TooLarge(_("That is more than was announced."))
        with db.transaction() as conn:
            now = _lock(conn, upload)
            if now.received != upload.received or now.job_id is not None:
                raise Conflict(_("More of this upload has come in another request."))
            try:
                storage.current().append(upload.key, upload.received, piece)
            except FileNotFoundError:
                raise NotFound(GONE) from None
            repository.advance(conn, upload.id, received)
        upload = upload._replace(received=received)


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
    with db.transaction() as conn:
        _lock(conn, upload)
        try:
            if upload.length == 0:
                storage.current().append(upload.key, 0, b"")
            storage.current().seal(upload.key)
        except FileNotFoundError:
            raise NotFound(GONE) from None


def _lock(conn: db.Connection, upload: Pending) -> Pending:
    repository.lock(conn, upload.id)
    now = repository.find(conn, upload.id)
    if now is None:
        raise NotFound(GONE)
    return now
