"""Records through a processor: each handled once at a time, none lost, none by who has lost it."""

import threading
import time
from collections import Counter

import pytest

from app_srvc import db
from app_srvc.jobs.repository import workers
from app_srvc.processors.handlers.failures import LostRecord
from app_srvc.processors.lanes.context import WorkContext
from app_srvc.processors.repository import (
    cycles,
    failing,
    intake,
    journal,
    lanes,
    loops,
    records,
    sweeping,
    taking,
)
from app_srvc.processors.repository.cycles import Cycle
from app_srvc.processors.repository.failing import Failure
from app_srvc.processors.repository.records import Lane, Taken
from tests.support.rows import rows, scalar

pytestmark = pytest.mark.usefixtures("database")


def processor(count: int = 3, **parameters: object) -> int:
    """Make a processor that runs, with so many records."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, "letters", "Letters", "log")
        assert processor_id is not None
        with conn.cursor() as cur:
            for name, value in parameters.items():
                cur.execute(f"UPDATE processors SET {name} = %s", (value,))
        for number in range(count):
            intake.add(conn, processor_id, intake.NewRecord(f"{number}", "text/plain", b"x"))
        loops.start(conn, processor_id)
    return processor_id


def open_cycle(processor_id: int) -> Cycle:
    """Open a cycle and claim its batch."""
    with db.transaction() as conn:
        cycle = cycles.open_cycle(conn, processor_id)
        assert cycle is not None
        cycles.claim(conn, processor_id, cycle)
    return cycle


def lane(processor_id: int, number: int = 0, owner: str = "a") -> Lane | None:
    """Take a lane."""
    with db.transaction() as conn:
        seq = lanes.acquire(conn, processor_id, number, owner)
    return Lane(processor_id, number, seq, owner) if seq is not None else None


def take(of: Lane | None, cycle: Cycle) -> Taken | None:
    """Take the next record."""
    assert of is not None
    with db.transaction() as conn:
        return taking.take(conn, of, cycle.id)


def taken_one(**parameters: object) -> Taken:
    """Return a record that is being handled."""
    processor_id = processor(1, **parameters)
    taken = take(lane(processor_id), open_cycle(processor_id))
    assert taken is not None
    return taken


def take_anew() -> Taken:
    """Start the processor that there is, and take its record."""
    processor_id = scalar("SELECT id FROM processors")
    with db.transaction() as conn:
        loops.start(conn, processor_id)
        conn.cursor().execute("DELETE FROM lanes")
    taken = take(lane(processor_id), open_cycle(processor_id))
    assert taken is not None
    return taken


def outcomes() -> list[str]:
    """Return what became of each claim, in order."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT outcome FROM record_attempts ORDER BY ended_at")
        return [outcome for (outcome,) in cur.fetchall()]


def let_leases_run_out() -> None:
    """Let time pass for everybody who holds something."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE records SET lease_until = now() WHERE status = 'running'")
        cur.execute("UPDATE lanes SET lease_until = now()")


def test_a_cycle_takes_each_record_once_and_a_pause_follows_it() -> None:
    processor_id = processor(3)
    cycle = open_cycle(processor_id)
    mine = lane(processor_id)
    while (taken := take(mine, cycle)) is not None:
        with db.transaction() as conn:
            assert not cycles.close_cycle(conn, processor_id)
            assert records.complete(conn, taken)

    with db.transaction() as conn:
        assert cycles.close_cycle(conn, processor_id)
        assert not cycles.close_cycle(conn, processor_id)
        assert cycles.begin(conn, processor_id) is None
    assert scalar("SELECT count(*) FROM records WHERE status = 'done'") == 3
    assert scalar("SELECT done FROM cycles ORDER BY id LIMIT 1") == 3


def test_the_same_record_is_taken_in_once() -> None:
    processor_id = processor(1)

    with db.transaction() as conn:
        again = intake.add(conn, processor_id, intake.NewRecord("0", "text/plain", b"y"))
    assert again is None
    assert bytes(scalar("SELECT body FROM record_payloads")) == b"x"


def test_of_many_who_start_and_open_at_once_one_does() -> None:
    processor_id = processor(1)
    with db.transaction() as conn:
        loops.stop(conn, processor_id)
    won: list[str] = []

    def try_both() -> None:
        with db.transaction() as conn:
            won.extend(["start"] * loops.start(conn, processor_id))
        with db.transaction() as conn:
            won.extend(["cycle"] * (cycles.open_cycle(conn, processor_id) is not None))

    threads = [threading.Thread(target=try_both) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(won) == {"start": 1, "cycle": 1}


def test_many_lanes_at_once_take_each_record_once() -> None:
    processor_id = processor(60, parallel=8)
    cycle = open_cycle(processor_id)
    seen: list[int] = []

    def work(number: int) -> None:
        mine = lane(processor_id, number)
        while (taken := take(mine, cycle)) is not None:
            seen.append(taken.id)
            with db.transaction() as conn:
                records.complete(conn, taken)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 60


def test_there_are_as_many_lanes_as_handlers_may_work_and_each_has_one_holder() -> None:
    processor_id = processor(1, parallel=2)
    open_cycle(processor_id)

    assert lane(processor_id, 0) is not None
    assert lane(processor_id, 0, "b") is None
    assert lane(processor_id, 2) is None
    with db.transaction() as conn:
        assert [free.number for free in lanes.free(conn, processor_id)] == [1]
    let_leases_run_out()
    assert lane(processor_id, 0, "b") is not None


def test_who_has_lost_the_lane_takes_nothing() -> None:
    processor_id = processor(2)
    cycle = open_cycle(processor_id)
    old = lane(processor_id)
    let_leases_run_out()
    new = lane(processor_id, owner="b")

    assert take(old, cycle) is None
    assert take(new, cycle) is not None


def test_fewer_handlers_act_within_a_record() -> None:
    processor_id = processor(4, parallel=2)
    cycle = open_cycle(processor_id)
    first, second = lane(processor_id, 0), lane(processor_id, 1)
    assert take(second, cycle) is not None
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE processors SET parallel = 1")

    assert take(second, cycle) is None
    assert take(first, cycle) is not None


def test_a_worker_that_lost_its_record_reports_late_and_changes_nothing() -> None:
    taken = taken_one(on_unknown="retry")
    let_leases_run_out()
    with db.transaction() as conn:
        assert sweeping.sweep(conn, 20) == 1
    with db.transaction() as conn:
        assert not records.complete(conn, taken)
        assert failing.fail(conn, taken, Failure("permanent", "no")) is None
        assert not records.renew(conn, taken)
        assert not records.give_back(conn, taken)
        records.note_late(conn, taken, "late done", "", 200)

    assert scalar("SELECT status FROM records") == "retry"
    assert outcomes() == ["lost", "late done"]


def test_who_reports_twice_as_the_first_answer_was_lost_is_not_late() -> None:
    taken = taken_one()

    with db.transaction() as conn:
        assert records.complete(conn, taken)
        assert not records.complete(conn, taken)
        records.note_late(conn, taken, "late done", "", 200)
    assert outcomes() == ["done"]


@pytest.mark.parametrize(
    ("policy", "began", "status"),
    [
        ("park", True, "uncertain"),
        ("park", False, "retry"),
        ("retry", True, "retry"),
    ],
)
def test_a_record_whose_worker_died_in_a_call_waits_for_a_person_if_a_repeat_may_do_harm(
    policy: str, began: bool, status: str
) -> None:
    taken = taken_one(on_unknown=policy)
    with db.transaction() as conn:
        if began:
            assert journal.begin(conn, journal.Place(taken, 0, "GET"))
    let_leases_run_out()

    with db.transaction() as conn:
        assert sweeping.sweep(conn, 20) == 1
    assert scalar("SELECT status FROM records") == status
    assert outcomes() == ["lost"]


def test_a_dead_workers_record_is_taken_back_at_once_and_anothers_is_not() -> None:
    taken_one(on_unknown="retry")

    with db.transaction() as conn:
        workers.register(conn, "a", ["records"], "here", 1)
        assert sweeping.sweep(conn, 20) == 0
        assert sweeping.take_back(conn, "b") == 0
        assert sweeping.take_back(conn, "a") == 1


def test_a_worker_that_is_not_heard_of_has_lost_its_record_and_its_lane() -> None:
    taken_one(on_unknown="retry")

    with db.transaction() as conn:
        lanes.release_silent(conn, 20)
        assert sweeping.sweep(conn, 20) == 1
    assert scalar("SELECT lease_until IS NULL FROM lanes")


def test_what_is_given_back_on_purpose_has_not_been_tried_unless_a_call_was_under_way() -> None:
    processor_id = processor(2)
    cycle = open_cycle(processor_id)
    first, second = take(lane(processor_id), cycle), take(lane(processor_id, 1), cycle)
    assert first is not None
    assert second is not None
    with db.transaction() as conn:
        assert journal.begin(conn, journal.Place(second, 0, "POST"))
        assert sweeping.give_back(conn, "a") == 1
        assert sweeping.take_back(conn, "a") == 1

    assert scalar("SELECT status FROM records ORDER BY id LIMIT 1") == "new"
    assert scalar("SELECT attempts FROM records ORDER BY id LIMIT 1") == 0
    assert scalar("SELECT status FROM records ORDER BY id DESC LIMIT 1") == "uncertain"


@pytest.mark.parametrize(
    ("kind", "parameters", "status"),
    [
        ("transient", {}, "retry"),
        ("transient", {"max_attempts": 1}, "dead"),
        ("permanent", {}, "dead"),
        ("unknown", {}, "uncertain"),
        ("unknown", {"on_unknown": "retry"}, "retry"),
        ("unknown", {"on_unknown": "retry", "max_attempts": 1}, "uncertain"),
    ],
)
def test_a_failure_goes_where_its_kind_belongs(
    kind: str, parameters: dict[str, object], status: str
) -> None:
    taken = taken_one(**parameters)

    with db.transaction() as conn:
        assert failing.fail(conn, taken, Failure(kind, "no")) == status
    assert scalar("SELECT status FROM records") == status
    assert outcomes() == [status]


def test_a_fault_after_a_call_that_is_not_to_be_repeated_does_not_repeat_it() -> None:
    taken = taken_one()
    with db.transaction() as conn:
        assert journal.begin(conn, journal.Place(taken, 0, "POST"))

    with db.transaction() as conn:
        assert failing.fail(conn, taken, Failure("transient", "no")) == "uncertain"


def with_a_step_that_can_be_undone(**parameters: object) -> Taken:
    """Return a record in work of whose steps one is done that something undoes."""
    taken = taken_one(on_unknown="retry", **parameters)
    with db.transaction() as conn:
        place = journal.Place(taken, 1, "pay", undoable=True)
        assert journal.finish(conn, place, journal.NOTHING)
    return taken


@pytest.mark.parametrize("how", ["permanent", "transient", "lost"])
def test_what_failed_for_good_is_not_dead_before_its_steps_are_undone(how: str) -> None:
    taken = with_a_step_that_can_be_undone(max_attempts=2)
    with db.transaction() as conn:
        if how != "permanent":
            conn.cursor().execute("UPDATE records SET attempts = 2")
        if how == "lost":
            assert sweeping.take_back(conn, "a") == 1
        else:
            assert failing.fail(conn, taken, Failure(how, "It is wrong.")) == "retry"
    reason = scalar("SELECT error FROM records")

    for is_last in (False, True):
        with db.transaction() as conn:
            conn.cursor().execute("UPDATE records SET available_at = now()")
            loops.stop(conn, scalar("SELECT id FROM processors"))
            cycles.close_cycle(conn, scalar("SELECT id FROM processors"))
        again = take_anew()
        assert again.given_up == reason
        with db.transaction() as conn:
            status = failing.fail(conn, again, Failure("transient", "Not undone."))
        assert status == ("dead" if is_last else "retry")
    assert scalar("SELECT error FROM records") == "Not undone."


def test_once_its_steps_are_undone_it_is_dead() -> None:
    taken = with_a_step_that_can_be_undone()
    with db.transaction() as conn:
        assert journal.compensate(conn, journal.Place(taken, 1, "pay", undoable=True))

    with db.transaction() as conn:
        assert failing.fail(conn, taken, Failure("permanent", "It is wrong.")) == "dead"


def test_the_next_cycle_can_begin_with_the_end_of_this_one() -> None:
    processor_id = processor(2, batch_size=1, pause_seconds=0)
    taken = take(lane(processor_id), open_cycle(processor_id))
    assert taken is not None

    with db.transaction() as conn:
        assert records.complete(conn, taken)
        assert cycles.close_cycle(conn, processor_id)
        assert cycles.begin(conn, processor_id) is not None


def complete_and_take(taken: Taken, of: Lane, cycle: Cycle) -> tuple[bool, Taken | None]:
    """Let a record that has called nothing end, and take the next one."""
    with db.transaction(is_one_statement=True) as conn:
        return taking.complete_and_take(conn, taken, None, of, cycle.id, is_durable=False)


def test_one_is_done_and_the_next_is_taken_in_one_statement() -> None:
    processor_id = processor(2)
    cycle, mine = open_cycle(processor_id), lane(processor_id)
    first = take(mine, cycle)
    assert first is not None
    assert mine is not None
    is_done, second = complete_and_take(first, mine, cycle)

    assert is_done
    assert second is not None
    assert (second.source_key, second.is_durable) == ("1", False)
    assert complete_and_take(second, mine, cycle) == (True, None)
    assert outcomes() == ["done", "done"]
    # Who has lost one gets no other.
    assert complete_and_take(second, mine, cycle) == (False, None)


def test_a_take_that_the_server_has_forgotten_is_worth_nothing() -> None:
    processor_id = processor(2)
    cycle, mine = open_cycle(processor_id), lane(processor_id)
    first = take(mine, cycle)
    assert first is not None
    assert mine is not None
    _, forgotten = complete_and_take(first, mine, cycle)
    assert forgotten is not None
    # What a crash of the server leaves of it, and another takes with the same number.
    with db.transaction() as conn:
        conn.cursor().execute(
            "UPDATE records SET status = 'queued', claim_seq = claim_seq - 1, lease_until = NULL"
            " WHERE id = %s",
            (forgotten.id,),
        )
    another = take(lane(processor_id, 1, "b"), cycle)
    assert another is not None
    assert (another.id, another.claim_seq) == (forgotten.id, forgotten.claim_seq)

    context = WorkContext(forgotten, time.monotonic(), parks=False)
    with pytest.raises(LostRecord), context.call("POST"):
        pytest.fail("it was called")
    assert complete_and_take(forgotten, mine, cycle) == (False, None)
    with db.transaction() as conn:
        assert failing.fail(conn, forgotten, Failure("permanent", "no")) is None
        assert not records.complete(conn, forgotten)
        assert not records.give_back(conn, forgotten)
        assert records.complete(conn, another)


def test_who_keeps_a_record_keeps_its_lane() -> None:
    taken = taken_one()
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE records SET lease_until = now() + interval '1 second'")
        conn.cursor().execute("UPDATE lanes SET lease_until = now() + interval '1 second'")
    with db.transaction() as conn:
        assert records.renew(conn, taken)

    assert scalar("SELECT lease_until > now() + interval '9 seconds' FROM lanes")


def test_a_worker_shows_with_what_it_has_in_work_that_it_lives() -> None:
    with db.transaction() as conn:
        workers.register(conn, "a", ["records"], "here", 1)
        conn.cursor().execute("UPDATE workers SET seen_at = now() - interval '1 minute'")
    taken = taken_one(on_unknown="retry")
    with db.transaction() as conn:
        assert sweeping.sweep(conn, 20) == 0
        conn.cursor().execute("UPDATE workers SET seen_at = now() - interval '1 minute'")
    with db.transaction() as conn:
        assert records.renew(conn, taken)

    with db.transaction() as conn:
        assert sweeping.sweep(conn, 20) == 0


def test_who_reads_elsewhere_is_waited_for() -> None:
    processor_id = processor(1, source="postgresql")
    with db.transaction() as conn:
        assert [one.processor_id for one in cycles.due(conn)] == [processor_id]
        assert lanes.acquire(conn, processor_id, lanes.READER, "a")

    with db.transaction() as conn:
        assert lanes.acquire(conn, processor_id, lanes.READER, "b") is None
        assert cycles.due(conn) == []
        lanes.release(conn, "a")
        assert len(cycles.due(conn)) == 1


def test_what_the_other_side_asks_for_wins_over_the_pause() -> None:
    taken = taken_one()

    with db.transaction() as conn:
        failing.fail(conn, taken, Failure("transient", "busy", after_seconds=500))
    assert scalar("SELECT available_at > now() + interval '400 seconds' FROM records")


def test_a_record_given_back_has_not_been_tried() -> None:
    taken = taken_one()

    with db.transaction() as conn:
        assert records.give_back(conn, taken)
    assert scalar("SELECT attempts FROM records") == 0
    assert scalar("SELECT status FROM records") == "new"


def test_a_stop_gives_back_what_is_queued_and_lets_the_rest_end() -> None:
    processor_id = processor(3)
    cycle = open_cycle(processor_id)
    mine = lane(processor_id)
    taken = take(mine, cycle)
    with db.transaction() as conn:
        assert loops.stop(conn, processor_id)
        assert not loops.stop(conn, processor_id)

    assert take(mine, cycle) is None
    assert scalar("SELECT count(*) FROM records WHERE status = 'new'") == 2
    assert taken is not None
    with db.transaction() as conn:
        assert not cycles.close_cycle(conn, processor_id)
        assert records.complete(conn, taken)
        assert cycles.close_cycle(conn, processor_id)
        assert loops.start(conn, processor_id)
    assert open_cycle(processor_id) != cycle


def test_a_cycle_of_an_earlier_run_claims_nothing() -> None:
    processor_id = processor(2)
    with db.transaction() as conn:
        old = cycles.open_cycle(conn, processor_id)
        loops.stop(conn, processor_id)
        loops.start(conn, processor_id)
        assert old is not None
        assert cycles.claim(conn, processor_id, old) == 0


def test_records_of_one_key_go_one_after_the_other() -> None:
    processor_id = processor(0, in_order=True)
    with db.transaction() as conn:
        for key, order_key in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            record = intake.NewRecord(key, "text/plain", b"x", order_key)
            intake.add(conn, processor_id, record)
        cycle = cycles.open_cycle(conn, processor_id)
        assert cycle is not None
        assert cycles.claim(conn, processor_id, cycle) == 2


def test_records_with_an_order_key_that_need_not_be_in_order_go_side_by_side() -> None:
    processor_id = processor(0)
    with db.transaction() as conn:
        for key in ("a1", "a2"):
            intake.add(conn, processor_id, intake.NewRecord(key, "text/plain", b"x", "a"))
        cycle = cycles.open_cycle(conn, processor_id)
        assert cycle is not None
        assert cycles.claim(conn, processor_id, cycle) == 2


def test_in_order_a_key_whose_head_waits_holds_up_no_other_and_no_record_without_a_key() -> None:
    processor_id = processor(2, in_order=True)
    with db.transaction() as conn, conn.cursor() as cur:
        for key, order_key in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c")):
            intake.add(conn, processor_id, intake.NewRecord(key, "text/plain", b"x", order_key))
        cur.execute("UPDATE records SET status = 'dead' WHERE source_key = 'a1'")
        cur.execute("UPDATE records SET status = 'done' WHERE source_key = 'b1'")

    open_cycle(processor_id)
    claimed = rows("SELECT source_key FROM records WHERE status = 'queued' ORDER BY source_key")
    assert [key for (key,) in claimed] == ["0", "1", "c1"]
