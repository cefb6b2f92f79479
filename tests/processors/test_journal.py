"""What a record's journal says, to whoever handles it the next time."""

import time
from uuid import UUID

import pytest

from app_srvc import db
from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import (
    LostRecord,
    Permanent,
    Transient,
    Unknown,
    WrongConfiguration,
)
from app_srvc.processors.handlers.log import Log
from app_srvc.processors.handlers.protocol import Done, Payload, Record
from app_srvc.processors.lanes.context import WorkContext
from app_srvc.processors.repository import history
from app_srvc.processors.repository import journal as repository
from app_srvc.processors.repository.records import Taken
from tests.support import processing

pytestmark = pytest.mark.usefixtures("database")

MADE = Payload("text/plain", b"made")


@pytest.fixture
def taken() -> Taken:
    """Return a record in work."""
    processor_id = processing.processor()
    processing.add(processor_id, "one")
    processing.claim(processor_id)
    return processing.take(processor_id)[0]


def context(taken: Taken, *, parks: bool = True) -> WorkContext:
    """Return what its handler is given, as if for the first time."""
    return WorkContext(taken, time.monotonic(), parks=parks)


def journal(taken: Taken) -> list[tuple[str, str]]:
    """Return what people read of it."""
    with db.transaction() as conn:
        return [(step.name, step.state) for step in history.steps(conn, taken.id)]


def test_no_call_begins_of_a_record_that_was_lost_while_nobody_looked(taken: Taken) -> None:
    lately, long_ago = (
        WorkContext(taken, time.monotonic() - seconds, parks=False) for seconds in (5, 10)
    )
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE records SET claim_seq = claim_seq + 1")

    with lately.call("POST"):
        pass
    with pytest.raises(LostRecord), long_ago.call("POST"):
        pytest.fail("it was called")


def test_a_step_is_known_by_its_name_wherever_it_stands(taken: Taken) -> None:
    done = context(taken).step(1, "a", "digest")
    done.finish(Done(MADE))
    first, second = (context(taken).step(number, "a", "digest") for number in (1, 2))
    other = context(taken).step(1, "b", "digest")

    assert (second.is_done, second.is_changed, second.output) == (True, False, MADE)
    assert not other.is_done
    assert first.context.key() == second.context.key() != other.context.key()
    assert context(taken).step(1, "a", "another").is_changed


def test_what_a_step_has_made_is_read_only_when_it_is_wanted(
    taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        context(taken).step(1, name).finish(Done(MADE))
    seen: list[str] = []

    def watch(name: str) -> None:
        asked = getattr(repository, name)

        def ask(*args: object) -> object:
            seen.append(name)
            return asked(*args)

        monkeypatch.setattr(repository, name, ask)

    watch("read")
    watch("output")
    again = context(taken)
    steps = [again.step(1, name) for name in "abc"]

    assert all(step.is_done and step.has_output for step in steps)
    assert seen == ["read"]
    assert (steps[2].output, seen) == (MADE, ["read", "output"])


def test_what_is_handed_on_as_it_came_is_not_kept_twice(
    taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Log, "is_pure", False)
    came = Record(taken.id, 0, "one", None, UUID(taken.idem_key), 1, MADE)
    done = handlers.make("chain", {"steps": [{"name": "a", "handler": "log"}]}).handle(
        came, context(taken)
    )

    assert (done.output, journal(taken)) == (MADE, [("a", "done")])
    assert context(taken).step(1, "a").output is None


def test_what_undoes_a_step_is_a_step_of_its_own(taken: Taken) -> None:
    step = context(taken).step(1, "a", "digest")
    step.finish(Done(MADE))
    undoing = context(taken).step(1001, "a", "undo", undoes=True)

    assert not undoing.is_done
    assert undoing.context.key() != step.context.key()
    undoing.finish(Done())
    step.compensated()
    assert journal(taken) == [("a", "compensated"), ("a", "done")]


@pytest.mark.parametrize("parks", [True, False])
@pytest.mark.parametrize(
    ("raised", "caught", "stays"),
    [
        (ZeroDivisionError("its content"), Unknown, True),
        (Unknown(), Unknown, True),
        (LostRecord(), LostRecord, True),
        (Transient("Not now."), Transient, False),
        (Permanent("Never."), Permanent, False),
        (WrongConfiguration("Not so."), WrongConfiguration, False),
    ],
)
def test_what_does_not_say_that_a_call_had_no_effect_leaves_it_open(
    taken: Taken, *, raised: Exception, caught: type[Exception], stays: bool, parks: bool
) -> None:
    with pytest.raises(caught) as told, context(taken, parks=parks).call("POST"):
        raise raised

    assert "content" not in str(told.value)
    assert journal(taken) == ([("POST", "begun")] if stays and parks else [])
