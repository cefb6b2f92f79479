"""How much more can be stored."""

from typing import NamedTuple


class Room(NamedTuple):
    """Bytes of the place where files are kept; `reserve` of the free ones are not for files."""

    free: int
    total: int
    reserve: int

    @property
    def is_full(self) -> bool:
        """Whether no file is taken any more."""
        return self.free < self.reserve
