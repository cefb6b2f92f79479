"""Processors and records in any state, made without workers."""

from app_srvc import db
from app_srvc.processors.repository import (
    cycles,
    failing,
    intake,
    keeping,
    lanes,
    loops,
    records,
    taking,
)  # fmt: skip
from app_srvc.processors.repository.failing import Failure
from app_srvc.processors.repository.records import Lane, Taken
from tests.support.rows import scalar

XML = b'<?xml version="1.0"?><letter><to>Olena</to><n>1</n></letter>'


def processor(name: str = "letters", handler: str = "log", **columns: object) -> int:
    """Add a processor, which is stopped, and return its id."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, name, name.capitalize(), handler)
    assert processor_id is not None
    if columns:
        change(name, **columns)
    return processor_id


def change(name: str, **columns: object) -> None:
    """Change columns of a processor."""
    with db.transaction() as conn, conn.cursor() as cur:
        for column, value in columns.items():
            cur.execute(f"UPDATE processors SET {column} = %s WHERE name = %s", (value, name))


def add(
    processor_id: int, *keys: str, body: bytes = XML, media_type: str = "application/xml"
) -> list[int]:
    """Take records in, and return their ids."""
    with db.transaction() as conn:
        ids = [
            intake.add(conn, processor_id, intake.NewRecord(key, media_type, body)) for key in keys
        ]
    assert None not in ids
    return [one for one in ids if one is not None]


def claim(processor_id: int) -> int:
    """Let it run, open a cycle and claim what is ready; return the cycle."""
    with db.transaction() as conn:
        loops.start(conn, processor_id)
    with db.transaction() as conn:
        cycle = cycles.begin(conn, processor_id)
        assert cycle is not None
    return cycle.id


def take(processor_id: int, count: int = 1) -> list[Taken]:
    """Let a worker begin some records of the open cycle."""
    cycle = scalar(
        "SELECT id FROM cycles WHERE processor_id = %s AND ended_at IS NULL", processor_id
    )
    taken = []
    with db.transaction() as conn:
        seq = lanes.acquire(conn, processor_id, 0, "host-1-lane")
        assert seq is not None
        for _ in range(count):
            one = taking.take(conn, Lane(processor_id, 0, seq, "host-1-lane"), cycle)
            assert one is not None
            taken.append(one)
        conn.cursor().execute("DELETE FROM lanes WHERE processor_id = %s", (processor_id,))
    return taken


def fail(taken: Taken, message: str = "It is wrong.", kind: str = "permanent") -> None:
    """Let an attempt fail."""
    with db.transaction() as conn:
        assert failing.fail(conn, taken, Failure(kind, message, http_status=500))


def boxed(processor_id: int, count: int = 3, kind: str = "permanent") -> list[int]:
    """Return so many records that have failed: to the dead, the uncertain, or for another time."""
    before = scalar("SELECT count(*) FROM records")
    ids = add(processor_id, *(f"{kind}-{before + number}" for number in range(count)))
    claim(processor_id)
    for one in take(processor_id, count):
        fail(one, kind=kind)
    with db.transaction() as conn:
        assert cycles.close_cycle(conn, processor_id)
        loops.stop(conn, processor_id)
    return ids


def archived(key: str, processor_id: int) -> int:
    """Return a record that was done long ago."""
    (record_id,) = add(processor_id, key)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE records SET status = 'done', created_at = now() - interval '9 years',"
            " ended_at = now() - interval '8 years' WHERE id = %s",
            (record_id,),
        )
        assert keeping.archive(conn, processor_id, 10) == 1
    return record_id


def status(record_id: int) -> str:
    """Return the state of a record."""
    found: str = scalar("SELECT status FROM records WHERE id = %s", record_id)
    return found


def worker() -> None:
    """Let a worker live that serves records."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO workers (name, queues, host, pid) VALUES ('w', %s, 'host', 1)"
            " ON CONFLICT (name) DO UPDATE SET seen_at = now()",
            (["cycles", "records"],),
        )


def lose(taken: Taken) -> None:
    """Let a worker report late that it is done, of a record that is lost meanwhile."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE records SET status = 'dead', lease_until = NULL, ended_at = now(),"
            " claim_seq = claim_seq + 1 WHERE id = %s",
            (taken.id,),
        )
        records.note_late(conn, taken, "late done", "", 200)
