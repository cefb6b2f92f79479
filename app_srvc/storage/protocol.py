"""What a place for files can do. Keys are 32 hexadecimal digits."""

import re
from collections.abc import Iterable
from typing import IO, Any, BinaryIO, Protocol

from app_srvc.storage.room import Room

# What a place has to know of the pieces of an unsealed file, as JSON; empty before the first one.
Kept = dict[str, Any]

_KEY = re.compile(r"[0-9a-f]{32}")


def check_key(key: str) -> None:
    """Refuse what would be a name of somebody else's making.

    Raises:
        ValueError: it is no key.
    """
    if not _KEY.fullmatch(key):
        raise ValueError("that is not a key")


class Storage(Protocol):
    """A place for files.

    One that `is_far` is reached over a network: nobody may hold a connection to the database while
    it works. It likes pieces of `piece_bytes`.

    Each method raises StorageDown when the place does not answer.
    """

    is_far: bool
    piece_bytes: int
    # What a child process needs in its environment to open what is lent to it.
    lending: dict[str, str]

    def save(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store all of `chunks` under `key`, durably and at once or not at all; return bytes.

        Raises:
            StorageFull: there is no room.
        """

    def needs_number(self, kept: Kept, size: int) -> bool:
        """Say whether to append so many bytes takes a number that no other call for the key has."""

    def append(self, key: str, offset: int, piece: IO[bytes], kept: Kept, number: int = 0) -> Kept:
        """Store `piece` behind the first `offset` bytes of an unsealed file, durably.

        Returns what is to be recorded, and given to the next call. What is not recorded has not
        happened: calls that are interrupted, or come at once where a place is far, do no harm. In
        one that is not far there is one caller at a time.

        Raises:
            StorageFull: there is no room.
            FileNotFoundError: there are not so many bytes.
        """

    def tidy(self, key: str, before: Kept, after: Kept) -> None:
        """Remove what `after`, which is recorded by now, has taken the place of."""

    def seal(self, key: str, kept: Kept, number: int = 0) -> None:
        """Let what was appended be opened from now on; to be called twice is harmless.

        Where a place is far, no other call for the key has had this number.

        Raises:
            FileNotFoundError: nothing is stored under that key.
        """

    def open_file(self, key: str) -> BinaryIO:
        """Open what is stored under `key`, at its first byte and seekable.

        Raises:
            FileNotFoundError: nothing is stored under that key.
        """

    def lend(self, key: str) -> str:
        """Return where a child process without our keys finds the file for a while."""

    def link(self, key: str, name: str, mimetype: str) -> str | None:
        """Return where a browser may fetch the file right now; None if it cannot."""

    def delete(self, key: str) -> None:
        """Remove what is stored under `key`, half-written or whole, if it is there."""

    def check(self) -> None:
        """Make sure that files can be stored.

        Raises:
            StorageFull: there is no room.
            OSError: they cannot; StorageRefused if that is a matter of settings.
        """

    def check_room(self, expected: int) -> None:
        """Refuse `expected` bytes that cannot fit.

        Raises:
            StorageFull: there is no room.
        """

    def room(self) -> Room:
        """Return how much room there is."""
