"""How much more can be stored."""

from typing import NamedTuple


class Room(NamedTuple):
    """Bytes of the place where files are kept; `reserve` of the free ones are not for files.

    A store that is somebody else's does not tell: `free` and `total` are None.
    """

    free: int | None
    total: int | None
    reserve: int

    @property
    def is_full(self) -> bool:
        """Whether no file is taken any more."""
        return self.free is not None and self.free < self.reserve
