"""Processors, which run or do not."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app_srvc.db import Connection


class Processor(NamedTuple):
    """A processor and its parameters, as they are now; times are in seconds."""

    id: int
    name: str
    title: str
    handler: str
    config: Mapping[str, Any]
    source: str
    source_config: Mapping[str, Any]
    desired: str
    reason: str | None
    epoch: int
    pause_seconds: float
    batch_size: int
    parallel: int
    rate: float | None
    timeout_seconds: int
    lease_seconds: int
    max_attempts: int
    on_unknown: str
    own_process: bool
    version: int


_COLUMNS = (
    "id, name, title, handler, config, source, source_config, desired, reason, epoch,"
    " pause_seconds, batch_size, parallel, rate, timeout_seconds, lease_seconds, max_attempts,"
    " on_unknown, own_process, version"
)


def add(conn: Connection, name: str, title: str, handler: str) -> int | None:
    """Add a processor, which is stopped, and return its id; None when there is one of that name."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO processors (name, title, handler) VALUES (%s, %s, %s)"
            " ON CONFLICT (name) DO NOTHING RETURNING id",
            (name, title, handler),
        )
        row = cur.fetchone()
    return row[0] if row else None


def find(conn: Connection, name: str) -> Processor | None:
    """Return the processor of that name."""
    return _one(conn, "name = %s", name)


def get(conn: Connection, processor_id: int) -> Processor | None:
    """Return the processor with that id."""
    return _one(conn, "id = %s", processor_id)


def _one(conn: Connection, condition: str, value: str | int) -> Processor | None:
    with conn.cursor() as cur:
        cur.execute(f"SELECT {_COLUMNS} FROM processors WHERE {condition}", (value,))  # noqa: S608
        row = cur.fetchone()
    return Processor(*row) if row else None


def start(conn: Connection, processor_id: int) -> bool:
    """Let a processor run from now on; False when it did already: of two starts one wins."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET desired = 'running', once = false, halted = false,"
            " reason = NULL, epoch = epoch + 1, changed_at = now(), next_cycle_at = now(),"
            " probe_at = NULL, destination_failures = 0"
            " WHERE id = %s AND (desired <> 'running' OR once)",
            (processor_id,),
        )
        return cur.rowcount == 1


def run_once(conn: Connection, processor_id: int) -> bool:
    """Begin a cycle now; a processor that did not run stops after it. False when one is open."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET once = once OR desired <> 'running', desired = 'running',"
            " halted = false, reason = NULL, next_cycle_at = now(),"
            " epoch = epoch + (desired <> 'running')::integer,"
            " changed_at = CASE WHEN desired = 'running' THEN changed_at ELSE now() END"
            " WHERE id = %s AND (desired = 'paused' OR NOT EXISTS (SELECT FROM cycles"
            " WHERE processor_id = processors.id AND ended_at IS NULL))",
            (processor_id,),
        )
        return cur.rowcount == 1


def pause(conn: Connection, processor_id: int, reason: str | None = None) -> bool:
    """Begin nothing more; what is queued stays so. False when it did not run."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET desired = 'paused', once = false, reason = %s,"
            " changed_at = now() WHERE id = %s AND desired = 'running'",
            (reason, processor_id),
        )
        return cur.rowcount == 1


def stop(conn: Connection, processor_id: int) -> bool:
    """Begin nothing more, and give back what is queued; False when it was stopped already.

    What is being handled ends by itself; the cycle is closed with the last of it.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET desired = 'stopped', once = false, reason = NULL,"
            " epoch = epoch + 1, changed_at = now() WHERE id = %s AND desired <> 'stopped'",
            (processor_id,),
        )
        if cur.rowcount != 1:
            return False
        cur.execute(
            "UPDATE records SET status = 'new', cycle_id = NULL FROM cycles"
            " WHERE cycles.id = records.cycle_id AND cycles.processor_id = %s"
            " AND cycles.ended_at IS NULL AND records.status = 'queued'",
            (processor_id,),
        )
    return True


def halt(conn: Connection, processor_id: int) -> bool:
    """Let workers give back what they have in work, within about a second.

    False when the processor is not stopped, or was halted already.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET halted = true"
            " WHERE id = %s AND desired = 'stopped' AND NOT halted",
            (processor_id,),
        )
        return cur.rowcount == 1


def is_halted(conn: Connection, worker: str) -> bool:
    """Say whether this worker is to give back the record that it has in work."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT EXISTS (SELECT FROM records JOIN processors ON processors.id = processor_id"
            " WHERE worker = %s AND status = 'running' AND halted)",
            (worker,),
        )
        row = cur.fetchone()
    return bool(row and row[0])


def next_slot(conn: Connection, processor_id: int, within_seconds: float) -> float | None:
    """Book the next slot under the processor's rate, and return in how many seconds it is.

    None, and nothing is booked, when that is not within so many seconds. GCRA: each slot is
    1 / rate after the one before, and never in the past.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE processors SET next_slot_at ="
            " greatest(next_slot_at, clock_timestamp()) + interval '1 second' / rate"
            " WHERE id = %s AND rate IS NOT NULL"
            " AND next_slot_at <= clock_timestamp() + interval '1 second' * %s"
            " RETURNING greatest(0, extract(epoch FROM"
            " next_slot_at - interval '1 second' / rate - clock_timestamp()))",
            (processor_id, within_seconds),
        )
        row = cur.fetchone()
    return float(row[0]) if row else None


def note_destination(
    conn: Connection, processor_id: int, *, failed: bool, after_seconds: float = 0.0
) -> None:
    """Count failures of the destination in a row; after enough of them records wait for a probe.

    The pause before the probe doubles with each that fails, up to the processor's limit.
    """
    with conn.cursor() as cur:
        if not failed:
            cur.execute(
                "UPDATE processors SET destination_failures = 0, probe_at = NULL WHERE id = %s",
                (processor_id,),
            )
            return
        cur.execute(
            "UPDATE processors SET destination_failures = destination_failures + 1,"
            " probe_at = CASE WHEN destination_failures + 1 >= breaker_after THEN"
            " clock_timestamp() + interval '1 second' * greatest(%s, least(backoff_cap_seconds,"
            " backoff_seconds * 2 ^ least(destination_failures + 1 - breaker_after, 20))) END"
            " WHERE id = %s",
            (after_seconds, processor_id),
        )
