"""How much memory a decoder of strangers' files may take."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app_srvc.errors import PermanentError
from app_srvc.words import _


@contextmanager
def limited_memory(extra_bytes: int) -> Iterator[None]:
    """Let this process take at most `extra_bytes` more than it has.

    A header of a few bytes can ask a decoder for gigabytes; the request then fails instead.

    Raises:
        PermanentError: more was asked for inside.
    """
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    in_use = int(statm.read_text().split()[5]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (in_use + extra_bytes, hard))
    try:
        yield
    except MemoryError as error:
        raise PermanentError(_("To read it takes more memory than a file may have.")) from error
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
