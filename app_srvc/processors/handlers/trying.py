"""Try a handler out on a record: nothing outside is called, and nothing is written.

told = dry_run("http", {"url": "https://example.org/"}, record(b"<letter/>"))
assert told.call == "POST https://example.org/"
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from app_srvc.processors import handlers, named
from app_srvc.processors.handlers.failures import Failure, WouldCall
from app_srvc.processors.handlers.protocol import Context, Done, Payload, Record, step_key


class Trial(NamedTuple):
    """What a handler did, up to the first call that it would have made.

    `writes` says that it would write into the product's own database; `failure` is what it raised.
    """

    lines: list[str]
    output: Payload | None = None
    call: str | None = None
    writes: bool = False
    failure: Failure | None = None


def record(body: bytes, media_type: str = "application/xml", source_key: str = "1") -> Record:
    """Return a record to try with, on its first attempt."""
    return Record(0, 0, source_key, None, uuid4(), 1, Payload(media_type, body))


def dry_run(name: str, config: Mapping[str, Any], tried: Record) -> Trial:
    """Let a handler do with a record all that has no effect.

    Raises:
        WrongConfiguration: there is no such handler, or the configuration does not fit it.
    """
    handler = handlers.make(name, config)
    context = DryContext(tried.idem_key)
    trial = Trial(context.lines)
    try:
        done = handler.handle(tried, context)
    except WouldCall as call:
        return trial._replace(call=str(call), writes=context.writes)
    except Failure as failure:
        return trial._replace(failure=failure, writes=context.writes)
    writes = context.writes or done.effect is not None
    return trial._replace(output=done.output, writes=writes)


class DryContext:
    """A context whose calls are not made, and whose journal is forgotten."""

    def __init__(
        self, idem_key: UUID, seconds: float = 60.0, *, given_up: str | None = None
    ) -> None:
        self.given_up = given_up
        self.lines: list[str] = []
        self.writes = False
        self._key = idem_key
        self._seconds = seconds
        self._steps: dict[tuple[str, bool], DryStep] = {}

    def key(self) -> str:
        """Return the key that a real call would have."""
        return str(self._key)

    def seconds_left(self) -> float:
        """Return the same at all times."""
        return self._seconds

    def call(self, what: str) -> AbstractContextManager[None]:
        """Raise WouldCall."""
        raise WouldCall(what)

    def log(self, message: str) -> None:
        """Keep the line in `lines`."""
        self.lines.append(message)

    def renew(self) -> None:
        """Do nothing: nobody else has the record."""

    def secret(self, name: str) -> str:
        """Return the secret, so that a missing one shows."""
        return named.secret(name)

    def step(
        self,
        number: int,  # noqa: ARG002  # The protocol.
        name: str,
        digest: str = "",
        *,
        undoes: bool = False,
        undoable: bool = False,  # noqa: ARG002  # The protocol.
    ) -> "DryStep":
        """Return a step, which is not done until it is."""
        key = step_key(self._key, name, undoes=undoes)
        step = self._steps.setdefault((name, undoes), DryStep(self, self._of_step(key), name))
        step.digest = digest
        return step

    def _of_step(self, key: UUID) -> "DryContext":
        inner = type(self)(key, self._seconds, given_up=self.given_up)
        inner.lines = self.lines
        return inner


class DryStep:
    """A step in memory."""

    def __init__(self, of: DryContext, context: DryContext, name: str) -> None:
        self.name = name
        self.digest = ""
        self.context: Context = context
        self.output: Payload | None = None
        self.is_done = False
        self.is_compensated = False
        self._of = of
        self._done_as = ""

    @property
    def is_changed(self) -> bool:
        """Say whether it was done, and is configured otherwise now."""
        return self.is_done and self._done_as != self.digest

    @property
    def has_output(self) -> bool:
        """Say whether it is done and made anything."""
        return self.output is not None

    def finish(self, done: Done) -> None:
        """Note what it made; its effect is not run."""
        self.is_done = True
        self._done_as = self.digest
        self.output = done.output
        self._of.writes = self._of.writes or done.effect is not None

    def compensated(self) -> None:
        """Note that it was undone."""
        self.is_compensated = True
