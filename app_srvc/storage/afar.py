"""A file that is read over a network, by ranges: a few blocks of it are held, and never all."""

import io
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

# What is read first may be a header alone. Whoever goes on gets twice as much each time.
FIRST_BYTES = 256 * 1024
MOST_BYTES = 4 * 1024 * 1024
# A film has its sound and its pictures, and its index, in different places.
BLOCKS = 4

Fetch = Callable[[int, int], bytes]


class _Block(NamedTuple):
    start: int
    data: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.data)


class _Ranges(io.RawIOBase):
    def __init__(self, fetch: Fetch, size: int, first: bytes) -> None:
        super().__init__()
        self._fetch = fetch
        self._size = size
        self._position = 0
        self._blocks = [_Block(0, first)]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if begin + offset < 0:
            raise ValueError("that is before the beginning")
        self._position = begin + offset
        return self._position

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if self._position >= self._size:
            return 0
        block = self._block()
        at = self._position - block.start
        data = block.data[at : at + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _block(self) -> _Block:
        """Return the block at the position, which is the last of the list from now on."""
        at = self._position
        found = next((one for one in self._blocks if one.start <= at < one.end), None)
        if found is None:
            before = next((one for one in self._blocks if one.end == at), None)
            twice = 2 * len(before.data) if before else 0
            ahead = min(max(twice, FIRST_BYTES), MOST_BYTES)
            end = min(at + ahead, self._size)
            found = _Block(at, self._fetch(at, end))
            if len(found.data) != end - at:
                raise OSError("the store has sent less than it has")
            if before:
                self._blocks.remove(before)
        else:
            self._blocks.remove(found)
        self._blocks = [*self._blocks[1 - BLOCKS :], found]
        return found


def open_ranges(fetch: Fetch, size: int, first: bytes) -> BinaryIO:
    """Open a file of so many bytes of which `fetch` returns those from one place to another.

    `first` are those with which it begins, which have come already.
    """
    return io.BufferedReader(_Ranges(fetch, size, first), io.DEFAULT_BUFFER_SIZE)
