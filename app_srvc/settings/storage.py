"""The settings about where files are kept."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?")
_SERVER = r"^https?://[^\s/?#@]+/?$"
_PRINTABLE = re.compile(r"[!-~]+")


class StorageSettings(BaseSettings):
    """What an operator can set about storage. What begins with `s3_` is for `s3://` alone."""

    storage_url: str

    s3_endpoint_url: str | None = Field(default=None, pattern=_SERVER)
    s3_public_url: str | None = Field(default=None, pattern=_SERVER)
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_region: str = Field(default="us-east-1", pattern=r"^[A-Za-z0-9-]+$")
    s3_path_style: bool = True
    s3_ca_file: FilePath | None = None
    s3_timeout_seconds: int = Field(default=20, ge=1, le=600)

    @property
    def storage_folder(self) -> str | None:
        """The folder that files are in; None when they are in a bucket."""
        where = urlsplit(self.storage_url)
        return unquote(where.path) if where.scheme == "file" else None

    @property
    def storage_bucket(self) -> tuple[str, str]:
        """The bucket, and what the names of all objects in it begin with."""
        where = urlsplit(self.storage_url)
        prefix = where.path.strip("/")
        return where.netloc, f"{prefix}/" if prefix else ""

    @field_validator("storage_url")
    @classmethod
    def _storage_is_known(cls, url: str) -> str:
        if not url.startswith("file:///") and not _S3.fullmatch(url):
            raise ValueError(
                "must begin with file:/// and name a folder, or with s3:// and name a bucket"
            )
        return url

    @field_validator("s3_access_key", "s3_secret_key")
    @classmethod
    def _keys_fit_in_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not _PRINTABLE.fullmatch(key.get_secret_value()):
            raise ValueError("must be one word of plain letters, digits and signs")
        return key

    @model_validator(mode="after")
    def _keys_come_together(self) -> Any:
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            raise ValueError("S3_ACCESS_KEY and S3_SECRET_KEY need each other")
        return self
