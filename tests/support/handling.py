"""Handlers at work, with calls that are made and a journal in memory."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import pytest

from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import Failure, OutOfTime
from app_srvc.processors.handlers.protocol import Done, Payload, Record
from app_srvc.processors.handlers.trying import DryContext

KEY = UUID("8e7c1a52-5f7c-4d4e-9b1a-2f6f0f1d9c11")
SECRET_TEXT = "Wednesday's child"


def record(body: bytes = b"<letter/>", media_type: str = "application/xml") -> Record:
    """Return a record."""
    return Record(7, 0, "letter-7", None, KEY, 1, Payload(media_type, body))


class Calling(DryContext):
    """A context in which calls are made; `calls` says which."""

    def __init__(
        self, idem_key: UUID = KEY, seconds: float = 20.0, *, given_up: str | None = None
    ) -> None:
        super().__init__(idem_key, seconds, given_up=given_up)
        self.calls: list[str] = []

    def call(self, what: str) -> AbstractContextManager[None]:
        """Note it, and let it happen."""
        if self.seconds_left() <= 0:
            raise OutOfTime
        return self._noted(what)

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        self.calls.append(what)
        yield


def handle(
    name: str,
    config: Mapping[str, Any],
    handled: Record | None = None,
    context: DryContext | None = None,
) -> Done:
    """Let a handler do it."""
    return handlers.make(name, config).handle(handled or record(), context or Calling())


def failure(
    name: str,
    config: Mapping[str, Any],
    handled: Record | None = None,
    context: DryContext | None = None,
) -> Failure:
    """Return how a handler fails; whatever it says, nothing of the record is in it."""
    with pytest.raises(Failure) as caught:
        handle(name, config, handled, context)
    assert SECRET_TEXT not in caught.value.sentence
    return caught.value
