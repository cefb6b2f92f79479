"""Work that takes as long whatever comes of it: whoever sees its time learns nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Far more than the work itself takes.
SECONDS = 0.1


@contextmanager
def time_spent() -> Iterator[None]:
    """Take so long for what is done inside, or longer if that does; also when it fails."""
    until = time.monotonic() + SECONDS
    try:
        yield
    finally:
        time.sleep(max(0.0, until - time.monotonic()))
