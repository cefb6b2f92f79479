"""The settings about limits: how much is taken from one client, and how much a queue holds."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from app_srvc.queues import Queue
from app_srvc.words import Sentence, _


class Allowance(NamedTuple):
    """So many in so many seconds, however they are spread over them."""

    number: int
    seconds: int


class Rate(StrEnum):
    """What one client may do so often: kinds of requests that are counted together.

    `label` is what people call it, `default` holds where nobody has set another: far beyond what a
    person or a well-behaved program sends, as an address may be that of a school.
    """

    label: Sentence
    default: Allowance

    TRANSCRIPTIONS = "transcriptions", _("recordings to transcribe"), Allowance(600, 60)
    DETECTIONS = "detections", _("pictures to look at"), Allowance(600, 60)
    UPLOADS = "uploads", _("uploads"), Allowance(600, 60)
    REGISTRATIONS = "registrations", _("registrations"), Allowance(300, 3600)
    LINKS = "links", _("links to set a password"), Allowance(120, 3600)
    IMPORTS = "imports", _("records from outside"), Allowance(6000, 60)
    CALLS = "calls", _("quick calls"), Allowance(6000, 60)
    # What is read with a link that somebody was sent, parts of recordings too.
    SHARED = "shared", _("looks at what is shared"), Allowance(1200, 60)
    # Whatever else changes something: buttons, and what programs do in their place.
    ACTIONS = "actions", _("other changes"), Allowance(1200, 60)

    def __new__(cls, name: str, label: Sentence, default: Allowance) -> "Rate":
        """Make it from its line above."""
        rate = str.__new__(cls, name)
        rate._value_, rate.label, rate.default = name, label, default
        return rate


UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# What people cannot fill: workers put in a wake-up for each lane, a part for each free worker, and
# what is told of jobs that were let in.
FILLED_BY_WORKERS = frozenset({Queue.RECORDS, Queue.STT_SEGMENTS, Queue.WEBHOOKS})
OFF = "off"
# What stands for all that are not named.
REST = "*"

_ALLOWANCE = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(UNITS)})")
_DEPTH = re.compile(r"[0-9]{1,9}")


class LimitSettings(BaseSettings):
    """What an operator can set about limits. Each is a list of `name=limit`, with commas."""

    rate_limits: str = ""
    queue_limits: str = ""
    max_queue_depth: int = Field(default=10_000, ge=0)

    def allowance(self, rate: Rate) -> Allowance | None:
        """Return how often one client may do that; None is as often as it likes."""
        return read_rates(self.rate_limits)[rate]

    def most_waiting(self, queue: str) -> int | None:
        """Return how many jobs may wait in a queue; None for one that people cannot fill."""
        if queue in FILLED_BY_WORKERS:
            return None
        return read_depths(self.queue_limits).get(queue, self.max_queue_depth)

    @field_validator("rate_limits")
    @classmethod
    def _rates_are_right(cls, text: str) -> str:
        read_rates(text)
        return text

    @field_validator("queue_limits")
    @classmethod
    def _depths_are_right(cls, text: str) -> str:
        read_depths(text)
        return text


@cache
def read_rates(text: str) -> Mapping[Rate, Allowance | None]:
    """Read `uploads=600/minute,calls=off,*=1000/hour`.

    Raises:
        ValueError: it cannot be read so.
    """
    given = {name: _allowance(name, told) for name, told in _pairs(text, [*Rate, REST])}
    rest = {rate: given.get(REST, rate.default) for rate in Rate}
    return rest | {rate: given[rate] for rate in Rate if rate in given}


@cache
def read_depths(text: str) -> Mapping[str, int]:
    """Read how many jobs may wait in the queues that are named, as `stt=2000,usrreg=500`.

    Raises:
        ValueError: it cannot be read so.
    """
    found: dict[str, int] = {}
    for name, told in _pairs(text, [it for it in Queue if it not in FILLED_BY_WORKERS]):
        if not _DEPTH.fullmatch(told):
            raise ValueError(f"the limit of {name} must be a number of jobs, as {name}=2000")
        found[name] = int(told)
    return found


def _allowance(name: str, told: str) -> Allowance | None:
    if told == OFF:
        return None
    match = _ALLOWANCE.fullmatch(told)
    if match is None:
        raise ValueError(
            f"the limit of {name} must be as {name}=600/minute, per {', '.join(UNITS)}, or {OFF}"
        )
    return Allowance(int(match[1]), UNITS[match[2]])


def _pairs(text: str, known: list[str]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, told = (word.strip() for word in part.partition("="))
        if name not in known:
            raise ValueError(f"{name or part} is none of {', '.join(known)}")
        if name in found:
            raise ValueError(f"{name} is named twice")
        found[name] = told
    return list(found.items())
