"""Files in a bucket of an S3 server: nothing has to be shared but its address and a key.

What is large goes in parts, each of them from a temporary file: hundreds of people who send slowly
would fill the memory with them. An object appears when its last part is there, or not at all.
"""

import logging
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO
from urllib.parse import quote

from app_srvc.errors import StorageDown
from app_srvc.settings.storage import StorageSettings
from app_srvc.storage import s3_parts
from app_srvc.storage.afar import FIRST_BYTES, open_ranges
from app_srvc.storage.lending import CA_FILE
from app_srvc.storage.protocol import Kept, check_key
from app_srvc.storage.room import Room
from app_srvc.storage.s3_client import Bucket, Shorter

log = logging.getLogger(__name__)

LEND_SECONDS = 120
# Only its beginning has to come before that.
LINK_SECONDS = 60


class S3Storage:
    """One object a key."""

    is_far = True
    piece_bytes = s3_parts.PART_BYTES

    def __init__(self, wanted: StorageSettings) -> None:
        self._bucket = Bucket(wanted)
        self._has_links = wanted.s3_public_url is not None
        self.lending = {CA_FILE: self._bucket.ca_file}

    def save(self, key: str, chunks: Iterable[bytes]) -> int:
        """Send parts as they fill; a file that is smaller than one goes at once."""
        name, size, parts, upload = self._name(key), 0, list[tuple[int, str]](), ""
        for part in s3_parts.split(chunks):
            length = s3_parts.length_of(part)
            size += length
            if not parts and length < s3_parts.PART_BYTES:
                self._bucket.call("put_object", Key=name, Body=part)
                return length
            upload = upload or s3_parts.begin(self._bucket, name)
            parts.append(
                (len(parts) + 1, s3_parts.send(self._bucket, name, upload, len(parts) + 1, part))
            )
        if not parts:
            self._bucket.call("put_object", Key=name, Body=b"")
            return 0
        s3_parts.complete(self._bucket, name, upload, parts)
        return size

    def needs_number(self, kept: Kept, size: int) -> bool:
        """Say whether it becomes a part; what is less than one is kept beside it."""
        return bool(_tail_of(kept)[1] + size >= s3_parts.LEAST_PART_BYTES)

    def append(self, key: str, offset: int, piece: IO[bytes], kept: Kept, number: int = 0) -> Kept:
        """Send a part, or keep what is less than one under a name of its own until more comes."""
        name = self._name(key)
        tail, tail_bytes = _tail_of(kept)
        if offset != kept.get("bytes", 0) + tail_bytes:
            raise FileNotFoundError("there are not so many bytes")
        with SpooledTemporaryFile(s3_parts.IN_MEMORY_BYTES) as data:
            if tail:
                data.write(self._read_tail(name, tail, tail_bytes))
            piece.seek(0)
            shutil.copyfileobj(piece, data)
            size = data.tell()
            if size < s3_parts.LEAST_PART_BYTES:
                tail = secrets.token_hex(4)
                data.seek(0)
                self._bucket.call("put_object", Key=f"{name}.{tail}", Body=data)
                return kept | {"tail": [tail, size]}
            upload = kept.get("upload") or s3_parts.begin(self._bucket, name)
            part = [number, s3_parts.send(self._bucket, name, upload, number, data)]
        return {
            "upload": upload,
            "bytes": kept.get("bytes", 0) + size,
            "parts": [*kept.get("parts", []), part],
        }

    def tidy(self, key: str, before: Kept, after: Kept) -> None:
        """Remove what waited to become a part; `delete` finds what is left when this fails."""
        tail, _ = _tail_of(before)
        if tail and tail != _tail_of(after)[0]:
            try:
                self._bucket.call("delete_object", Key=f"{self._name(key)}.{tail}")
            except StorageDown as error:
                log.warning("the end of an upload is removed later: %s", error)

    def seal(self, key: str, kept: Kept, number: int = 0) -> None:
        """Put the parts together, unless that was done already."""
        name = self._name(key)
        tail, tail_bytes = _tail_of(kept)
        try:
            data = self._read_tail(name, tail, tail_bytes) if tail else b""
            if "upload" in kept:
                upload, parts = kept["upload"], kept["parts"]
                if tail:
                    tag = s3_parts.send(self._bucket, name, upload, number, data)
                    parts = [*parts, (number, tag)]
                s3_parts.complete(self._bucket, name, upload, parts)
            elif tail:
                self._bucket.call("put_object", Key=name, Body=data)
            else:
                raise FileNotFoundError("nothing of it has come")
        except FileNotFoundError:
            # Somebody else has sealed it, or it is lost.
            self._bucket.call("head_object", Key=name)
        self.tidy(key, kept, {})

    def open_file(self, key: str) -> BinaryIO:
        """Ask for its beginning, and so how large it is; the rest is read by ranges."""
        name = self._name(key)
        try:
            first, size = self._bucket.read(name, 0, FIRST_BYTES)
        except Shorter:
            first, size = b"", 0
        return open_ranges(lambda start, end: self._bucket.read(name, start, end)[0], size, first)

    def lend(self, key: str) -> str:
        """Return a signed address."""
        return self._bucket.address(LEND_SECONDS, Key=self._name(key))

    def link(self, key: str, name: str, mimetype: str) -> str | None:
        """Return a signed address that saves the file under a name, where browsers reach S3."""
        if not self._has_links:
            return None
        return self._bucket.address(
            LINK_SECONDS,
            public=True,
            Key=self._name(key),
            ResponseContentDisposition=f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            ResponseContentType=mimetype,
        )

    def delete(self, key: str) -> None:
        """Remove the object, and what an upload that was not finished has left."""
        name = self._name(key)
        begun = self._bucket.call("list_multipart_uploads", Prefix=name).get("Uploads", [])
        for one in begun:
            with suppress(FileNotFoundError):
                self._bucket.call(
                    "abort_multipart_upload", Key=one["Key"], UploadId=one["UploadId"]
                )
        found = self._bucket.call("list_objects_v2", Prefix=name).get("Contents", [])
        # What was stored this moment is perhaps not listed yet.
        for stored in {name, *(one["Key"] for one in found)}:
            with suppress(FileNotFoundError):
                self._bucket.call("delete_object", Key=stored)

    def check(self) -> None:
        """Ask for as little as can be asked for with a key."""
        self._bucket.call("list_objects_v2", quick=True, Prefix=self._bucket.prefix, MaxKeys=1)

    def check_room(self, expected: int) -> None:
        """Let the server say so when it is full."""

    def room(self) -> Room:
        """Look whether it answers; how much it takes it tells nobody."""
        self.check()
        return Room(None, None, 0)

    def _name(self, key: str) -> str:
        check_key(key)
        return f"{self._bucket.prefix}{key}"

    def _read_tail(self, name: str, tail: str, size: int) -> bytes:
        data, there = self._bucket.read(f"{name}.{tail}", 0, size) if size else (b"", 0)
        if there != size:
            raise Shorter("it is not what was recorded")
        return data


def _tail_of(kept: Kept) -> tuple[str, int]:
    """Return the name and the size of what is less than a part; no name when there is nothing."""
    name, size = kept.get("tail", ("", 0))
    return name, size
