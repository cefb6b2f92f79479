"""Calls to an S3 server, and what its refusals mean to us."""

import os
import threading
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.httpsession import get_cert_path

from app_srvc.errors import StorageDown, StorageFull, StorageRefused
from app_srvc.settings.storage import StorageSettings

CONNECT_SECONDS = 5
# In all, with growing pauses.
TRIES = 4
CONNECTIONS = 50
# A probe is asked often, and wants to know how it is now.
QUICK = {"connect_timeout": 2, "read_timeout": 5, "retries": {"total_max_attempts": 1}}

_GONE = {"NoSuchKey", "NoSuchUpload", "InvalidPart", "404"}
_FULL = {"QuotaExceeded", "ServiceQuotaExceeded", "InsufficientStorage", "XMinioStorageFull"}
_KEYS = "S3_ACCESS_KEY, S3_SECRET_KEY: the server does not know them, or not as a pair"
_WRONG = {
    "NoSuchBucket": "STORAGE_URL: there is no such bucket",
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "AccessDenied": "S3_ACCESS_KEY: it may not use this bucket, or the secret is wrong",
    "AuthorizationHeaderMalformed": "S3_REGION: the bucket is in another one",
    "PermanentRedirect": "S3_REGION or S3_ENDPOINT_URL: the bucket is somewhere else",
    "NoCredentials": "S3_ACCESS_KEY: it is not set, and this machine has no key of its own",
    "RequestTimeTooSkewed": "the clocks of this machine and of the S3 server differ too much",
}


class Shorter(FileNotFoundError):
    """An object is there, and has not so many bytes."""


class Bucket:
    """The bucket of these settings; usable from many threads, and in a process that was forked."""

    def __init__(self, wanted: StorageSettings) -> None:
        self.name, self.prefix = wanted.storage_bucket
        self.ca_file = str(wanted.s3_ca_file or get_cert_path(True))
        self._wanted = wanted
        self._session = botocore.session.Session()
        self._clients: dict[tuple[int, str], Any] = {}
        # Clients may be shared by threads, and what makes them may not.
        self._lock = threading.Lock()

    def call(self, action: str, *, quick: bool = False, **arguments: Any) -> dict[str, Any]:
        """Let the server do something in the bucket, again and again while it is busy.

        Raises:
            FileNotFoundError: what it is about is not there.
            StorageFull: there is no room.
            StorageRefused: the server wants another key or knows no such bucket.
            StorageDown: it does not answer.
        """
        try:
            answer: dict[str, Any] = getattr(self._client("quick" if quick else ""), action)(
                Bucket=self.name, **arguments
            )
        except ClientError as error:
            raise _meaning(error) from error
        except BotoCoreError as error:
            raise _unreachable(error) from error
        return answer

    def read(self, name: str, start: int, end: int) -> tuple[bytes, int]:
        """Return what an object has from one place to another, and how large it is; ask again when
        it breaks off.

        Raises:
            FileNotFoundError: it is not there; Shorter if it ends before that.
        """
        for left in reversed(range(TRIES)):
            answer = self.call("get_object", Key=name, Range=f"bytes={start}-{end - 1}")
            try:
                data: bytes = answer["Body"].read()
            except BotoCoreError as error:
                if not left:
                    raise StorageDown from error
            else:
                break
        return data, int(answer["ContentRange"].rpartition("/")[2])

    def address(self, seconds: int, *, public: bool = False, **arguments: Any) -> str:
        """Return where anybody may fetch an object for so many seconds."""
        signed: str = self._client("public" if public else "").generate_presigned_url(
            "get_object", Params={"Bucket": self.name} | arguments, ExpiresIn=seconds
        )
        return signed

    def _client(self, purpose: str) -> Any:
        """Return this process's own: connections must not be shared with the one it came from."""
        known = (os.getpid(), purpose)
        with self._lock:
            if known not in self._clients:
                self._clients[known] = self._new_client(purpose)
            return self._clients[known]

    def _new_client(self, purpose: str) -> Any:
        wanted = self._wanted
        key, secret = wanted.s3_access_key, wanted.s3_secret_key
        times: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": wanted.s3_timeout_seconds,
            "retries": {"mode": "standard", "total_max_attempts": TRIES},
        }
        endpoint = wanted.s3_public_url if purpose == "public" else wanted.s3_endpoint_url
        return self._session.create_client(
            "s3",
            endpoint_url=endpoint,
            region_name=wanted.s3_region,
            aws_access_key_id=key and key.get_secret_value(),
            aws_secret_access_key=secret and secret.get_secret_value(),
            verify=self.ca_file,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if wanted.s3_path_style else "virtual"},
                # Many servers that are not Amazon's do not know the newer sums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=CONNECTIONS,
                **times | (QUICK if purpose == "quick" else {}),
            ),
        )


def _meaning(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "InvalidRange":
        return Shorter("the object is shorter")
    if code in _GONE:
        return FileNotFoundError(f"S3 says {code}")
    if code in _FULL or status == 507:
        return StorageFull()
    if code in _WRONG or status in {401, 403}:
        return StorageRefused(_WRONG.get(code, _WRONG["AccessDenied"]))
    if status >= 500 or status in {408, 429}:
        return StorageDown()
    raise error


def _unreachable(error: BotoCoreError) -> Exception:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return StorageRefused(_WRONG["NoCredentials"])
    return StorageDown()
