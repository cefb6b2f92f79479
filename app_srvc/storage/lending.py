"""Open what was lent by `Storage.lend`, in a process that has no keys and no settings."""

import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from http.client import HTTPException
from typing import Any, BinaryIO

from app_srvc.errors import StorageDown
from app_srvc.storage.afar import FIRST_BYTES, open_ranges

# The certificates that vouch for the store; whoever starts the process says so.
CA_FILE = "LENT_CA_FILE"
TIMEOUT_SECONDS = 8.0


def open_lent(address: str) -> BinaryIO:
    """Open it at its first byte, seekable.

    Raises:
        FileNotFoundError: it is gone.
        StorageDown: the store does not answer.
    """
    if not address.startswith(("http://", "https://")):
        return open(address, "rb")
    first, headers = _fetch(address, 0, FIRST_BYTES)
    told = re.fullmatch(r"bytes \d+-\d+/(\d+)", headers.get("Content-Range", ""))
    size = int(told[1]) if told else len(first)
    return open_ranges(lambda start, end: _fetch(address, start, end)[0], size, first)


def _fetch(address: str, start: int, end: int) -> tuple[bytes, Mapping[str, Any]]:
    headers = {"Range": f"bytes={start}-{end - 1}"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  # As `lend` made it.
    try:
        with urllib.request.urlopen(  # noqa: S310
            request, timeout=TIMEOUT_SECONDS, context=_tls(address.startswith("https:"))
        ) as answer:
            return answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                raise FileNotFoundError("it is gone") from None
            raise StorageDown from None
    except (OSError, HTTPException):
        # What they tell may have the address, which opens the file.
        raise StorageDown from None


@cache
def _tls(is_used: bool) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=os.environ.get(CA_FILE)) if is_used else None
