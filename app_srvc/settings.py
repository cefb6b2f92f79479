"""Every setting of the product, read from the environment once."""

from functools import cache
from typing import Literal

from pydantic import Field, PositiveInt, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class WrongSetting(Exception):
    """A variable of the environment is missing or wrong. The message names it."""


class Settings(BaseSettings):
    """What an operator can set; docs/settings.md says what each is for.

    Sizes are in bytes, times in the unit that the name ends with.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    secret_key: SecretStr = Field(min_length=16)
    database_url: str
    queue_url: str
    storage_url: str

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    web_processes: PositiveInt = 1
    web_threads: int = Field(default=400, ge=64, le=4096)
    trusted_proxies: int = Field(default=0, ge=0, le=8)
    cookies_secure: bool = True

    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    max_upload_bytes: PositiveInt = 4_000_000_000
    max_files: PositiveInt = 50
    max_recording_seconds: PositiveInt = 6 * 3600
    max_queue_depth: int = Field(default=10_000, ge=0)
    min_free_bytes: int = Field(default=200_000_000, ge=0)

    lease_seconds: int = Field(default=15, ge=3, le=3600)
    retention_days: PositiveInt = 30
    history_days: PositiveInt = 365
    wait_seconds: int = Field(default=60, ge=1, le=600)

    @field_validator("queue_url")
    @classmethod
    def _engine_is_known(cls, url: str) -> str:
        if not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return url

    @field_validator("database_url")
    @classmethod
    def _database_is_postgresql(cls, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("storage_url")
    @classmethod
    def _storage_is_known(cls, url: str) -> str:
        if not url.startswith("file:///"):
            raise ValueError("must begin with file:/// and name a folder")
        return url


@cache
def load() -> Settings:
    """Return this process's settings.

    Raises:
        WrongSetting: a variable is missing or has a value that it cannot have.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors()
        )
        raise WrongSetting(f"Wrong setting. {problems}") from None
