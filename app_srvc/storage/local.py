"""Files in a folder of this machine, or of a volume that web and workers share."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from app_srvc.errors import StorageFull
from app_srvc.storage.protocol import Kept, check_key
from app_srvc.storage.room import Room

CHECK_BYTES = 64 * 1024 * 1024

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class LocalStorage:
    """One file a key, two hexadecimal digits a folder."""

    is_far = False
    piece_bytes = 1024 * 1024

    def __init__(self, root: str, min_free_bytes: int) -> None:
        self.root = Path(root)
        self.min_free_bytes = min_free_bytes
        self.lending: dict[str, str] = {}

    def save(self, key: str, chunks: Iterable[bytes]) -> int:
        """Write beside the final name, make it durable, then rename: whole or not there."""
        path = self._path(key)
        half = path.with_suffix(".part")
        size = 0
        with _full_disk():
            self._make_folder(path.parent)
            with open(half, "wb", opener=_private) as file:
                for chunk in chunks:
                    # The size that was announced, if any was, need not be true.
                    if size // CHECK_BYTES != (size + len(chunk)) // CHECK_BYTES:
                        self.check_room(len(chunk))
                    file.write(chunk)
                    _begin_to_sync(file.fileno(), size, len(chunk))
                    size += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            half.rename(path)
            _sync_folder(path.parent)
        return size

    def needs_number(self, kept: Kept, size: int) -> bool:  # noqa: ARG002
        """Where a piece goes is known by what lies before it."""
        return False

    def append(
        self,
        key: str,
        offset: int,
        piece: IO[bytes],
        kept: Kept,
        number: int = 0,  # noqa: ARG002
    ) -> Kept:
        """Write into the half file, and cut off what lies behind."""
        half = self._path(key).with_suffix(".part")
        self.check_room(piece.seek(0, os.SEEK_END))
        piece.seek(0)
        with _full_disk():
            self._make_folder(half.parent)
            with open(half, "ab", opener=_private) as file:
                if file.tell() < offset:
                    raise FileNotFoundError(half.name)
                file.truncate(offset)
                shutil.copyfileobj(piece, file)
                file.flush()
                os.fsync(file.fileno())
            if offset == 0:
                _sync_folder(half.parent)
        return kept

    def tidy(self, key: str, before: Kept, after: Kept) -> None:
        """Leave it: nothing lies twice."""

    def seal(self, key: str, kept: Kept, number: int = 0) -> None:  # noqa: ARG002
        """Rename the half file to its final name, unless that was done already."""
        path = self._path(key)
        with suppress(FileNotFoundError):
            path.with_suffix(".part").rename(path)
        path.stat()
        _sync_folder(path.parent)

    def open_file(self, key: str) -> BinaryIO:
        """Open the stored file for reading."""
        return self._path(key).open("rb")

    def lend(self, key: str) -> str:
        """Return its path."""
        return str(self._path(key))

    def link(self, key: str, name: str, mimetype: str) -> str | None:  # noqa: ARG002
        """Only we can send it."""
        return None

    def delete(self, key: str) -> None:
        """Remove the file, and what an interrupted `save` left of it."""
        path = self._path(key)
        for name in (path, path.with_suffix(".part")):
            with suppress(FileNotFoundError):
                name.unlink()

    def check(self) -> None:
        """Look whether there is room."""
        self.check_room(0)

    def check_room(self, expected: int) -> None:
        """Compare with the free space of the volume, less a reserve for everything else."""
        if self._usage().free < expected + self.min_free_bytes:
            raise StorageFull

    def room(self) -> Room:
        """Ask for that of the volume."""
        usage = self._usage()
        return Room(usage.free, usage.total, self.min_free_bytes)

    def _usage(self) -> "shutil._ntuple_diskusage":
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self.root)

    def _make_folder(self, folder: Path) -> None:
        if not folder.exists():
            for level in (self.root, folder):
                level.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync_folder(self.root)

    def _path(self, key: str) -> Path:
        check_key(key)
        return self.root / key[:2] / key


@contextmanager
def _full_disk() -> Iterator[None]:
    """Tell a full disk from other errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull from error
        raise


def _private(name: str, flags: int) -> int:
    """Open a file that this user alone may read, whatever the umask."""
    return os.open(name, flags, 0o600)


def _begin_to_sync(handle: int, start: int, length: int) -> None:
    """Let the disk begin with these bytes while the next ones arrive: fsync then waits for less."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, start, length, os.POSIX_FADV_DONTNEED)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: the name is the folder's data, not the file's."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
