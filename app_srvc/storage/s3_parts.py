"""An object that is sent in parts: it appears with the last one, or not at all."""

import os
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from app_srvc.storage.s3_client import Bucket

PART_BYTES = 8 * 1024 * 1024
# S3 takes no smaller part but the last.
LEAST_PART_BYTES = 5 * 1024 * 1024
# So many parts are of one size, the next ones larger: a server that takes a thousand, as Swift does
# where Amazon takes ten, gets 46 GB in them.
PARTS_OF_A_SIZE = 100
IN_MEMORY_BYTES = 1024 * 1024


def split(chunks: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Yield the chunks as temporary files of one part each, of which only the last is smaller."""
    number, rest = 0, iter(chunks)
    while True:
        wanted = PART_BYTES * (1 + number // PARTS_OF_A_SIZE)
        with SpooledTemporaryFile(IN_MEMORY_BYTES) as part:
            while part.tell() < wanted and (chunk := next(rest, None)) is not None:
                part.write(chunk)
            if not part.tell():
                return
            yield part
        number += 1


def length_of(part: IO[bytes]) -> int:
    """Return the bytes of a part, and go to its beginning: it is sent from where it stands."""
    length = part.seek(0, os.SEEK_END)
    part.seek(0)
    return length


def begin(bucket: Bucket, name: str) -> str:
    """Begin an object, and return the id under which its parts are sent."""
    upload: str = bucket.call("create_multipart_upload", Key=name)["UploadId"]
    return upload


def send(bucket: Bucket, name: str, upload: str, number: int, part: IO[bytes] | bytes) -> str:
    """Send a part, in the place of one of the same number, and return what names it.

    Raises:
        FileNotFoundError: the object was given up, or is whole already.
    """
    if not isinstance(part, bytes):
        part.seek(0)
    tag: str = bucket.call("upload_part", Key=name, UploadId=upload, PartNumber=number, Body=part)[
        "ETag"
    ]
    return tag


def complete(bucket: Bucket, name: str, upload: str, parts: Iterable[tuple[int, str]]) -> None:
    """Let the object appear. When an earlier answer was lost it is there already.

    Raises:
        FileNotFoundError: the object was given up, or a part is not the one that was sent.
    """
    listed = [{"PartNumber": number, "ETag": tag} for number, tag in parts]
    try:
        bucket.call(
            "complete_multipart_upload",
            Key=name, UploadId=upload, MultipartUpload={"Parts": listed},
        )  # fmt: skip
    except FileNotFoundError:
        bucket.call("head_object", Key=name)
