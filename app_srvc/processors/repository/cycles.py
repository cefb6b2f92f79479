"""Cycles: one of a processor is open at most, and a pause follows it."""

from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.processors.repository.lanes import READER


class Cycle(NamedTuple):
    """A cycle that has been opened, and of which run of its processor it is."""

    id: int
    epoch: int
    cause: str


class Due(NamedTuple):
    """A processor for which something is to be done: a cycle is open, or is to be opened."""

    processor_id: int
    epoch: int
    is_open: bool


def begin(conn: Connection, processor_id: int) -> Cycle | None:
    """Open a cycle and claim its batch; None when it is not time, or nothing is to be done.

    Both stand or neither does: there is no cycle whose reader has died. One that a person asked
    for is there even when it is empty.
    """
    cycle = open_cycle(conn, processor_id)
    if cycle is None:
        return None
    if claim(conn, processor_id, cycle) > 0:
        return cycle
    if not close_cycle(conn, processor_id, keep_empty=cycle.cause == "person"):
        return None
    return cycle if cycle.cause == "person" else None


def open_cycle(conn: Connection, processor_id: int) -> Cycle | None:
    """Open a cycle if it is time, or a person wants it now; None when there is one, or it is not.

    Any number of processes may try; an index lets one of them.
    """
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO cycles (processor_id, epoch, cause)"
            " SELECT id, epoch, CASE WHEN once THEN 'person' ELSE 'timer' END FROM processors"
            " WHERE id = %s AND desired = 'running' AND next_cycle_at <= clock_timestamp()"
            " ON CONFLICT (processor_id) WHERE ended_at IS NULL DO NOTHING"
            " RETURNING id, epoch, cause",
            (processor_id,),
        )
        row = cur.fetchone()
    return Cycle(*row) if row else None


def find_open(conn: Connection, processor_id: int) -> int | None:
    """Return the id of the open cycle, if there is one."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM cycles WHERE processor_id = %s AND ended_at IS NULL", (processor_id,)
        )
        row = cur.fetchone()
    return row[0] if row else None


def due(conn: Connection) -> list[Due]:
    """Return the processors of which a cycle is open, or is to be opened now.

    Nothing is to be opened where no record is ready; another database has to be asked, unless
    somebody is at it.
    """
    with conn.cursor() as cur:
        cur.execute(
            """
            SELECT id, epoch, is_open
            FROM processors, LATERAL (
                SELECT EXISTS (SELECT FROM cycles WHERE processor_id = processors.id
                    AND ended_at IS NULL) AS is_open) AS cycle
            WHERE is_open OR (desired = 'running' AND next_cycle_at <= now() AND (
                once OR source <> 'inbox' OR EXISTS (SELECT FROM records
                    WHERE processor_id = processors.id AND status IN ('new', 'retry')
                    AND available_at <= now()))
                AND NOT EXISTS (SELECT FROM lanes WHERE processor_id = processors.id
                    AND number = %s AND lease_until > now()))
            """,
            (READER,),
        )
        return [Due(*row) for row in cur.fetchall()]


def claim(conn: Connection, processor_id: int, cycle: Cycle) -> int:
    """Claim the cycle's batch, and return how many records that is.

    The lock on the processor puts it before or after a stop that comes at the same moment; a
    cycle of another epoch claims nothing. The fence keeps the planner from claiming more than
    the batch.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT batch_size, in_order FROM processors"
            " WHERE id = %s AND desired = 'running' AND epoch = %s FOR SHARE",
            (processor_id, cycle.epoch),
        )
        row = cur.fetchone()
        if row is None:
            return 0
        batch_size, in_order = row
        cur.execute(
            f"WITH picked AS MATERIALIZED ({_HEADS if in_order else _READY})"  # noqa: S608
            " UPDATE records SET status = 'queued', claim_seq = claim_seq + 1,"
            " cycle_id = %(cycle)s FROM picked WHERE records.id = picked.id",
            {"processor": processor_id, "cycle": cycle.id, "limit": batch_size},
        )
        claimed = cur.rowcount
        cur.execute("UPDATE cycles SET claimed = %s WHERE id = %s", (claimed, cycle.id))
    return claimed


def close_cycle(conn: Connection, processor_id: int, *, keep_empty: bool = True) -> bool:
    """Close the open cycle if nothing of it is left; the pause begins then. False otherwise.

    One that a person asked for stops the processor.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE cycles SET ended_at = clock_timestamp()"
            " WHERE processor_id = %s AND ended_at IS NULL AND NOT EXISTS ("
            " SELECT FROM records WHERE cycle_id = cycles.id AND status IN ('queued', 'running'))"
            " RETURNING id",
            (processor_id,),
        )
        closed = cur.fetchone()
        if closed is None:
            return False
        if keep_empty:
            cur.execute(_TOTALS, closed * 2)
        else:
            cur.execute("DELETE FROM cycles WHERE id = %s RETURNING 0", closed)
        totals = cur.fetchone()
        cur.execute(
            "UPDATE processors SET done = done + %s,"
            " next_cycle_at = clock_timestamp() + pause_seconds * interval '1 second',"
            " desired = CASE WHEN once THEN 'stopped' ELSE desired END, once = false,"
            " changed_at = CASE WHEN once THEN now() ELSE changed_at END WHERE id = %s",
            (totals and totals[0], processor_id),
        )
    return True


_READY = """
    SELECT id FROM records
    WHERE processor_id = %(processor)s AND status IN ('new', 'retry') AND available_at <= now()
    ORDER BY priority DESC, available_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
# The first of each order key, found from key to key: to look for it behind each record would take
# as long as there are records. Those without a key have nobody to wait for.
_HEADS = """
    SELECT id FROM records WHERE id IN (
        WITH RECURSIVE heads AS (
            (SELECT id, order_key, status, available_at FROM records
                WHERE processor_id = %(processor)s AND order_key IS NOT NULL
                AND status NOT IN ('done') ORDER BY order_key, id LIMIT 1)
            UNION ALL
            SELECT following.* FROM heads, LATERAL (
                SELECT id, order_key, status, available_at FROM records
                WHERE processor_id = %(processor)s AND order_key > heads.order_key
                AND status NOT IN ('done') ORDER BY order_key, id LIMIT 1) AS following
        )
        (SELECT id FROM heads WHERE status IN ('new', 'retry') AND available_at <= now()
            LIMIT %(limit)s)
        UNION ALL
        (SELECT id FROM records WHERE processor_id = %(processor)s AND order_key IS NULL
            AND status IN ('new', 'retry') AND available_at <= now()
            ORDER BY priority DESC, available_at, id LIMIT %(limit)s)
    ) LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
_TOTALS = """
    UPDATE cycles SET done = total.done, retried = total.retried, dead = total.dead,
        uncertain = total.uncertain, lost = total.lost
    FROM (
        SELECT count(*) FILTER (WHERE outcome = 'done') AS done,
            count(*) FILTER (WHERE outcome = 'retry') AS retried,
            count(*) FILTER (WHERE outcome = 'dead') AS dead,
            count(*) FILTER (WHERE outcome = 'uncertain') AS uncertain,
            count(*) FILTER (WHERE outcome = 'lost') AS lost
        FROM record_attempts WHERE cycle_id = %s
    ) AS total
    WHERE cycles.id = %s RETURNING cycles.done
"""
