"""What is started again, and what is not."""

import sys

from app_srvc.launching.supervising import Child
from tests.support.workers import wait_for


def ended(code: int, *, may_end: bool) -> tuple[Child, list[str]]:
    """Return a process that has ended with a code, and the list of what it tells."""
    told: list[str] = []
    child = Child(
        "one",
        [sys.executable, "-c", f"print('here'); raise SystemExit({code})"],
        may_end=may_end,
        tell=lambda name, line: told.append(f"{name}: {line.strip()}"),
    )
    child.start()
    assert child.wait(60)
    wait_for(lambda: told)
    child.start_again_if_dead()
    return child, told


def test_what_died_is_started_again_and_says_so() -> None:
    child, told = ended(3, may_end=True)

    assert not child.has_ended
    assert told == ["one: here", "one: ended with 3, again in 0.5 s"]


def test_what_ended_as_it_may_is_left_at_that() -> None:
    child, told = ended(0, may_end=True)

    assert child.has_ended
    assert told == ["one: here"]


def test_what_is_to_run_for_ever_is_started_again_whatever_it_ends_with() -> None:
    child, told = ended(0, may_end=False)

    assert not child.has_ended
    assert told == ["one: here", "one: ended with 0, again in 0.5 s"]
