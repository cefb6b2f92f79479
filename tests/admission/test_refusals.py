"""Refusals are counted by all processes together, and cost those who are refused nothing."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app_srvc import db
from app_srvc.admission import refusals, repository
from app_srvc.admission.refusals import Kind
from app_srvc.errors import DatabaseDown
from tests.support.rows import rows
from tests.support.workers import wait_for

pytestmark = pytest.mark.usefixtures("database")


def told() -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return what is written down: within an hour, a day, and since ever."""
    with db.transaction() as conn:
        found = repository.refused(conn)
    return {(one.kind, one.name): (one.hour, one.day, one.total) for one in found}


def test_what_was_refused_is_written_down_by_itself() -> None:
    for _ in range(3):
        refusals.count(Kind.QUEUE, "stt")
    refusals.count(Kind.RATE, "uploads")

    wait_for(lambda: told() == {("queue", "stt"): (3, 3, 3), ("rate", "uploads"): (1, 1, 1)})
    refusals.count(Kind.QUEUE, "stt")
    wait_for(lambda: told()["queue", "stt"] == (4, 4, 4))


def test_what_was_refused_long_ago_is_no_longer_lately() -> None:
    refusals.count(Kind.QUEUE, "stt")
    refusals.flush()
    rows("UPDATE refusals SET at = at - interval '2 hours' RETURNING at")
    refusals.count(Kind.QUEUE, "stt")
    refusals.flush()
    assert told() == {("queue", "stt"): (1, 2, 2)}

    rows("UPDATE refusals SET at = at - interval '1 day' RETURNING at")
    with db.transaction() as conn:
        repository.forget_old_refusals(conn)
    assert rows("SELECT * FROM refusals") == []
    assert told() == {("queue", "stt"): (0, 0, 2)}


def test_what_cannot_be_written_down_is_kept_until_it_can(
    setting: Callable[..., None], tmp_path: Path
) -> None:
    right = os.environ["DATABASE_URL"]
    db.close_idle()
    setting(database_url=f"postgresql:///nothing?host={tmp_path}")
    refusals.count(Kind.QUEUE, "stt")
    with pytest.raises(DatabaseDown):
        refusals.flush()
    refusals.count(Kind.QUEUE, "stt")

    setting(database_url=right)
    wait_for(lambda: told() == {("queue", "stt"): (2, 2, 2)})


def test_names_that_nobody_gave_a_limit_do_not_pile_up() -> None:
    for number in range(refusals.MOST_NAMES + 100):
        refusals.count(Kind.CALL, f"name{number}")
    refusals.flush()

    found = told()
    assert len(found) <= refusals.MOST_NAMES + 1
    assert found["call", refusals.OTHER][0] >= 100


def test_a_child_leaves_to_its_parent_what_that_has_counted() -> None:
    refusals.count(Kind.QUEUE, "stt")
    child = os.fork()
    if not child:
        refusals.count(Kind.QUEUE, "mail")
        refusals.flush()
        os._exit(0)
    os.waitpid(child, 0)
    refusals.flush()

    assert told() == {("queue", "mail"): (1, 1, 1), ("queue", "stt"): (1, 1, 1)}


def test_to_count_waits_for_nobody(record_property: Callable[[str, str], None]) -> None:
    number = 10_000
    began = time.perf_counter()
    for _ in range(number):
        refusals.count(Kind.QUEUE, "stt")
    seconds = time.perf_counter() - began
    refusals.flush()

    assert told()["queue", "stt"][2] == number
    record_property("figure", f"refusals: {1e6 * seconds / number:.1f} µs to count one")
