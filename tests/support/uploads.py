"""What has come of uploads in pieces."""

from app_srvc import db, storage
from app_srvc.uploads import pending, repository


def content(address: str) -> bytes:
    """Return what is stored of an upload that has become a job, or has come whole."""
    upload_id = address.rpartition("/")[2]
    with db.transaction() as conn:
        found = repository.find(conn, upload_id)
    assert found is not None
    pending.finish(found)
    with storage.open_file(found.key) as file:
        return file.read()


def sweep_afar() -> None:
    """Let what is dropped be gone where files are far, as workers do within seconds; where they are
    near it is gone already."""
    if storage.current().is_far:
        storage.sweep()
