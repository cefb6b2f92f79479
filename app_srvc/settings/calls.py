"""The settings about quick calls: how many workers, how many in the system, how long to wait."""

import re
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

_LIMIT = re.compile(r"([A-Za-z][A-Za-z0-9_]*)=([0-9]{1,7})")


class CallSettings(BaseSettings):
    """What an operator can set about quick calls."""

    call_workers: int = Field(default=2, ge=1, le=64)
    call_threads: int = Field(default=4, ge=1, le=64)
    call_limit: int = Field(default=100, ge=0, le=1_000_000)
    # As `hello=500,prime=20`: how many of each may be in the system, where it is not CALL_LIMIT.
    call_limits: Annotated[dict[str, int], NoDecode] = {}
    call_take_seconds: int = Field(default=5, ge=1, le=600)
    call_wait_seconds: int = Field(default=15, ge=1, le=600)
    call_lease_seconds: int = Field(default=10, ge=3, le=600)
    call_result_seconds: int = Field(default=600, ge=10, le=7 * 86400)

    @field_validator("call_limits", mode="before")
    @classmethod
    def _read_limits(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        found = {}
        for part in filter(None, (part.strip() for part in given.split(","))):
            match = _LIMIT.fullmatch(part)
            if match is None:
                raise ValueError("must be like hello=500,prime=20")
            found[match[1]] = int(match[2])
        return found
