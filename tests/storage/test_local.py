"""Files in a folder: what concerns no other place. See test_conformance for the rest."""

import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app_srvc.errors import StorageFull
from app_srvc.storage.local import LocalStorage

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> LocalStorage:
    """Return an empty storage."""
    return LocalStorage(str(tmp_path / "files"), min_free_bytes=0)


def files(store: LocalStorage) -> list[Path]:
    """Return everything that is stored, whole or not."""
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_a_full_disk_is_said_so(store: LocalStorage) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFull):
        store.save(KEY, chunks())


def test_it_refuses_before_writing_what_cannot_fit(tmp_path: Path) -> None:
    store = LocalStorage(str(tmp_path / "files"), min_free_bytes=10**15)

    with pytest.raises(StorageFull):
        store.check_room(1)


def test_files_are_closed_to_other_users(store: LocalStorage) -> None:
    before = os.umask(0)
    try:
        store.save(KEY, [b"x"])
    finally:
        os.umask(before)

    for path in (store.root, files(store)[0].parent, files(store)[0]):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_piece_takes_the_place_of_what_lies_behind_its_beginning(store: LocalStorage) -> None:
    store.append(KEY, 0, io.BytesIO(b"one and much more"), {})
    store.append(KEY, 3, io.BytesIO(b"two"), {})

    store.seal(KEY, {})
    with store.open_file(KEY) as file:
        assert file.read() == b"onetwo"


def test_pieces_are_refused_that_would_fill_the_disk(tmp_path: Path) -> None:
    store = LocalStorage(str(tmp_path / "files"), min_free_bytes=10**15)

    with pytest.raises(StorageFull):
        store.append(KEY, 0, io.BytesIO(b"one"), {})
    assert files(store) == []
