"""Every setting of the product, read from the environment once."""

import re
from functools import cache
from typing import Literal

from pydantic import (
    DirectoryPath,
    Field,
    FilePath,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from app_srvc.settings.calls import CallSettings
from app_srvc.settings.detection import DetectionSettings
from app_srvc.settings.limits import LimitSettings
from app_srvc.settings.mail import MailSettings
from app_srvc.settings.queues import QueueSettings
from app_srvc.settings.storage import StorageSettings

# What each recogniser needs before it is offered.
RECOGNISERS = {
    "sphinx": None,
    "google": "google_speech_key",
    "whisper": "whisper_model",
    "faster-whisper": "faster_whisper_model",
    "vosk": "vosk_model",
    "openai": "openai_api_key",
    "groq": "groq_api_key",
}
# As good as for ever, and no moment before it that PostgreSQL could not name.
LONGEST_DAYS = 100_000
_ONE_WORD = re.compile(r"[!-~]+")
_LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_WEB_ADDRESS = r"^https?://[^\s/?#@]+[^\s?#]*$"


class WrongSetting(Exception):
    """A variable of the environment is missing or wrong. The message names it."""


class Settings(
    QueueSettings, MailSettings, StorageSettings, DetectionSettings, LimitSettings, CallSettings
):
    """What an operator can set; docs/settings.md says what each is for.

    Sizes are in bytes, times in the unit that the name ends with.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    secret_key: SecretStr = Field(min_length=16)
    database_url: str

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    web_processes: PositiveInt = 1
    web_threads: int = Field(default=400, ge=64, le=4096)
    trusted_proxies: int = Field(default=0, ge=0, le=8)
    cookies_secure: bool = True

    allow_guests: bool = True
    webhooks_private: bool = False
    phone_region: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")

    metrics_token: SecretStr | None = Field(default=None, min_length=16)

    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    max_upload_bytes: PositiveInt = 4_000_000_000
    max_files: PositiveInt = 50
    max_recording_seconds: PositiveInt = 6 * 3600
    min_free_bytes: int = Field(default=200_000_000, ge=0)

    lease_seconds: int = Field(default=15, ge=3, le=3600)
    record_workers: int = Field(default=8, ge=1, le=64)
    retention_days: int = Field(default=30, ge=1, le=LONGEST_DAYS)
    history_days: int = Field(default=365, ge=1, le=LONGEST_DAYS)
    undo_minutes: int = Field(default=60, ge=0, le=60 * 24 * 30)
    worker_name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,40}$")
    wait_seconds: int = Field(default=60, ge=1, le=600)

    default_recogniser: str = "sphinx"
    google_speech_key: SecretStr | None = None
    google_speech_url: str = Field(
        default="https://www.google.com/speech-api/v2/recognize", pattern=_WEB_ADDRESS
    )
    whisper_model: FilePath | None = None
    faster_whisper_model: DirectoryPath | None = None
    vosk_model: DirectoryPath | None = None
    vosk_language: str = Field(default="en-US", pattern=_LANGUAGE)
    model_threads: int = Field(default=1, ge=1, le=256)
    openai_api_key: SecretStr | None = None
    openai_base_url: str = Field(default="https://api.openai.com/v1", pattern=_WEB_ADDRESS)
    openai_model: str = "whisper-1"
    groq_api_key: SecretStr | None = None
    groq_base_url: str = Field(default="https://api.groq.com/openai/v1", pattern=_WEB_ADDRESS)
    groq_model: str = "whisper-large-v3-turbo"
    remote_timeout_seconds: int = Field(default=60, ge=1, le=3600)
    remote_calls_at_once: int = Field(default=4, ge=1, le=1000)

    @field_validator("metrics_token", "google_speech_key", "openai_api_key", "groq_api_key")
    @classmethod
    def _key_is_one_word(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse what no header can carry: libraries repeat such a key when they complain of it."""
        if key is not None and not _ONE_WORD.fullmatch(key.get_secret_value()):
            raise ValueError("must be one word of plain letters, digits and signs")
        return key

    @field_validator("default_recogniser")
    @classmethod
    def _recogniser_is_known(cls, name: str) -> str:
        if name not in RECOGNISERS:
            raise ValueError(f"must be one of {', '.join(RECOGNISERS)}")
        return name

    @model_validator(mode="after")
    def _default_recogniser_is_set_up(self) -> "Settings":
        needed = RECOGNISERS[self.default_recogniser]
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(
                f"DEFAULT_RECOGNISER is {self.default_recogniser}, which needs {needed.upper()}"
            )
        return self

    @field_validator("database_url")
    @classmethod
    def _database_is_postgresql(cls, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
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
            ": ".join([*(str(part).upper() for part in problem["loc"]), problem["msg"]])
            for problem in error.errors()
        )
        raise WrongSetting(f"Wrong setting. {problems}") from None
