"""What has come of uploads in pieces."""

from app_srvc import storage
from tests.support.rows import scalar


def content(address: str) -> bytes:
    """Return what is stored of an upload that has become a job, or has come whole."""
    key = scalar("SELECT key FROM uploads WHERE id = %s", address.rpartition("/")[2])
    storage.current().seal(key)
    with storage.open_file(key) as file:
        return file.read()
