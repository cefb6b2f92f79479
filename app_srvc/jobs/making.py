"""Files that a job makes while it works. They go with it, or as soon as it fails."""

from collections.abc import Iterable, Sequence

from app_srvc import db, storage
from app_srvc.errors import StorageDown
from app_srvc.jobs import running
from app_srvc.storage import repository as files


def store(job_id: str, chunks: Iterable[bytes], *, is_only: bool = False) -> str:
    """Store what the running job has made, and return the key.

    `is_only` says that it takes the place of all that earlier attempts have made. Killed in
    between, it is swept away once the job ends.

    Raises:
        NoLongerOurs: another attempt holds the job.
        StorageFull: there is no room; nothing is left behind.
        StorageDown: nobody answers; what may be left behind goes with the job.
    """
    key = storage.new_key()
    with db.transaction() as conn:
        running.hold(conn)
        if is_only:
            files.expire_working(conn, job_id)
        files.reserve(conn, key)
        files.claim(conn, job_id, [key], working=True)
    try:
        storage.current().save(key, chunks)
    except StorageDown:
        raise
    except BaseException:
        storage.drop(key)
        raise
    return key


def keep(conn: db.Connection, job_id: str, keys: Sequence[str]) -> None:
    """Let files that the job has made stay after its end, in the caller's transaction."""
    files.keep(conn, job_id, list(keys))
