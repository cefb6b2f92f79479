"""What each place for files must do, in a folder and in a bucket alike."""

import io
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app_srvc.storage.lending import open_lent
from app_srvc.storage.local import LocalStorage
from app_srvc.storage.protocol import Kept, Storage
from app_srvc.storage.s3 import S3Storage
from tests.support.swift import Swift

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
MB = 1024 * 1024
# Of the pieces of a test, none has this number.
LAST = 100
LARGE = os.urandom(11 * MB + 321)


class Place:
    """A storage, and a look at what lies in it."""

    def __init__(self, storage: Storage, stored: Callable[[], list[str]]) -> None:
        self.storage = storage
        self.stored = stored

    def add(self, offset: int, piece: bytes, kept: Kept, number: int = 0) -> Kept:
        """Append a piece, as whoever records it does."""
        after = self.storage.append(KEY, offset, io.BytesIO(piece), kept, number)
        self.storage.tidy(KEY, kept, after)
        return after

    def read(self, key: str = KEY) -> bytes:
        """Return all that is stored under a key."""
        with self.storage.open_file(key) as file:
            return file.read()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty one of each kind."""
    if request.param == "folder":
        local = LocalStorage(str(tmp_path / "files"), min_free_bytes=0)
        return Place(local, lambda: [p.name for p in local.root.rglob("*") if p.is_file()])
    swift: Swift = request.getfixturevalue("swift")
    swift.empty()
    return Place(S3Storage(swift.wanted()), swift.stored)


@pytest.mark.parametrize("data", [b"", b"one", LARGE], ids=["empty", "small", "large"])
def test_what_was_saved_can_be_read(data: bytes, place: Place) -> None:
    chunks = [data[at : at + MB] for at in range(0, len(data), MB)]

    assert place.storage.save(KEY, chunks) == len(data)
    assert place.read() == data
    assert len(place.stored()) == 1


def test_it_can_be_read_from_anywhere(place: Place) -> None:
    place.storage.save(KEY, [LARGE])

    with place.storage.open_file(KEY) as file:
        assert file.seek(0, os.SEEK_END) == len(LARGE)
        assert file.read(10) == b""
        for start, length in ((9 * MB, 100), (3, 2 * MB), (8 * MB, 3 * MB), (0, 1), (5 * MB, 5)):
            file.seek(start)
            assert file.read(length) == LARGE[start : start + length]
        file.seek(-5, os.SEEK_END)
        assert file.read() == LARGE[-5:]


@pytest.mark.parametrize("before", [b"half", LARGE], ids=["small", "large"])
def test_a_stream_that_breaks_off_leaves_nothing(before: bytes, place: Place) -> None:
    def chunks() -> Iterator[bytes]:
        yield before
        raise ConnectionError

    with pytest.raises(ConnectionError):
        place.storage.save(KEY, chunks())
    with pytest.raises(FileNotFoundError):
        place.read()
    place.storage.delete(KEY)
    assert place.stored() == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a/b", KEY + "0", KEY.upper(), "."])
def test_only_keys_become_names(key: str, place: Place) -> None:
    for use in (place.storage.open_file, place.storage.delete, place.storage.lend):
        with pytest.raises(ValueError, match="not a key"):
            use(key)


def test_deleting_twice_is_no_error_and_spares_others(place: Place) -> None:
    place.storage.save(KEY, [b"x"])
    place.storage.save(OTHER, [b"y"])

    place.storage.delete(KEY)
    place.storage.delete(KEY)
    assert place.read(OTHER) == b"y"
    assert len(place.stored()) == 1


@pytest.mark.parametrize(
    "sizes",
    [[3, 4], [0], [6 * MB], [6 * MB, 5], [3 * MB, 3 * MB, 1, 2, 8 * MB, 8 * MB]],
    ids=["small", "empty", "one part", "a part and a rest", "many"],
)
def test_pieces_become_a_file_when_they_are_sealed(sizes: list[int], place: Place) -> None:
    data, kept = os.urandom(sum(sizes)), Kept()
    at = 0
    for number, size in enumerate(sizes, 1):
        kept = place.add(at, data[at : at + size], kept, number)
        at += size
    with pytest.raises(FileNotFoundError):
        place.storage.open_file(KEY)

    place.storage.seal(KEY, kept, LAST)
    place.storage.seal(KEY, kept, LAST)
    assert place.read() == data
    assert len(place.stored()) == 1, "and nothing else is left"


@pytest.mark.parametrize("size", [4, 6 * MB], ids=["small", "large"])
def test_a_piece_that_was_not_recorded_never_came(size: int, place: Place) -> None:
    kept = place.add(0, b"one", {})
    lost = place.storage.append(KEY, 3, io.BytesIO(b"x" * size), kept, 1)
    kept = place.add(3, b"two" * MB * 3, kept, 2)
    assert lost != kept or not place.storage.is_far

    place.storage.seal(KEY, kept, LAST)
    assert place.read() == b"one" + b"two" * MB * 3
    place.storage.delete(KEY)
    assert place.stored() == []


def test_a_piece_leaves_no_hole(place: Place) -> None:
    kept = place.add(0, b"one", {})

    with pytest.raises(FileNotFoundError):
        place.add(4, b"two", kept)


def test_what_is_not_there_cannot_be_sealed_or_opened(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        place.storage.seal(KEY, {})
    with pytest.raises(FileNotFoundError):
        place.storage.open_file(KEY)


def test_an_upload_that_was_given_up_leaves_nothing(place: Place) -> None:
    kept = place.add(0, LARGE[: 6 * MB], {}, 1)
    kept = place.add(6 * MB, b"and the rest", kept, 2)

    place.storage.delete(KEY)
    assert place.stored() == []
    with pytest.raises(FileNotFoundError):
        place.storage.seal(KEY, kept, LAST)


def test_a_child_process_reads_what_is_lent_to_it_and_nothing_else(place: Place) -> None:
    place.storage.save(KEY, [LARGE])
    place.storage.save(OTHER, [b"secret"])
    address = place.storage.lend(KEY)

    with open_lent(address) as file:
        assert file.read(100) == LARGE[:100]
        file.seek(-7, os.SEEK_END)
        assert file.read() == LARGE[-7:]
    if place.storage.is_far:
        with pytest.raises(OSError, match="storage of files"):
            open_lent(address.replace(KEY, OTHER))
    place.storage.delete(KEY)
    with pytest.raises(FileNotFoundError):
        open_lent(address)


def test_it_says_whether_it_can_be_used_and_how_much_room_there_is(place: Place) -> None:
    place.storage.check()
    place.storage.check_room(10**6)

    room = place.storage.room()
    assert (room.free is None) == place.storage.is_far
    assert not room.is_full


def test_a_browser_gets_a_link_that_saves_the_file_under_its_name(swift: Swift) -> None:
    storage = S3Storage(swift.wanted(s3_public_url=swift.url))
    storage.save(KEY, [b"sound"])
    link = storage.link(KEY, 'a "talk"; й.flac', "audio/flac")

    assert link is not None
    assert swift.secret not in link
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"sound"
        assert answer.headers["Content-Type"] == "audio/flac"
        told = "attachment; filename*=UTF-8''a%20%22talk%22%3B%20%D0%B9.flac"
        assert answer.headers["Content-Disposition"] == told
    assert S3Storage(swift.wanted()).link(KEY, "x", "y") is None
