"""What people set of a processor. A version, which grows, keeps two editors apart."""

import json
from typing import Any, NamedTuple

from app_srvc.db import Connection

# So much longer than a handler may take is a record kept for it.
SPARE_SECONDS = 30
CHANGEABLE = (
    "title", "pause_seconds", "batch_size", "parallel", "rate", "timeout_seconds", "max_attempts",
    "max_lost", "backoff_seconds", "backoff_cap_seconds", "on_unknown", "in_order", "own_process",
    "breaker_after", "keep_days",
)  # fmt: skip
# What grows without end; the rest goes with the processor.
_DELETE_SOME = (
    "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE processor_id = %s LIMIT %s)",
    "DELETE FROM archived_records WHERE id IN"
    " (SELECT id FROM archived_records WHERE processor_id = %s LIMIT %s)",
    "DELETE FROM cycles WHERE id IN (SELECT id FROM cycles WHERE processor_id = %s LIMIT %s)",
)
# How many rows one statement deletes.
AT_ONCE = 2000


class Parameters(NamedTuple):
    """A processor as it is set; times are in seconds."""

    id: int
    name: str
    handler: str
    config: dict[str, Any]
    desired: str
    version: int
    values: dict[str, Any]


def find(conn: Connection, name: str) -> Parameters | None:
    """Return what is set of the processor of that name."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT id, name, handler, config, desired, version, {', '.join(CHANGEABLE)}"  # noqa: S608
            " FROM processors WHERE name = %s",
            (name,),
        )
        row = cur.fetchone()
    if row is None:
        return None
    values = dict(zip(CHANGEABLE, row[6:], strict=True))
    return Parameters(*row[:6], values)  # type: ignore[call-arg]


def change(conn: Connection, processor_id: int, version: int, **parameters: object) -> bool:
    """Change some parameters, which act at once; False when somebody has changed them meanwhile."""
    values = dict(parameters)
    if "timeout_seconds" in values:
        values["lease_seconds"] = int(str(values["timeout_seconds"])) + SPARE_SECONDS
    assert values.keys() <= {*CHANGEABLE, "lease_seconds"}  # noqa: S101  # They become SQL.
    return _set(conn, processor_id, version, values)


def configure(conn: Connection, processor_id: int, version: int, config: dict[str, Any]) -> bool:
    """Change what the handler is made with; False when somebody has changed it meanwhile."""
    return _set(conn, processor_id, version, {"config": json.dumps(config)})


def _set(conn: Connection, processor_id: int, version: int, values: dict[str, Any]) -> bool:
    columns = "".join(f"{name} = %s, " for name in values)
    with conn.cursor() as cur:
        cur.execute(
            f"UPDATE processors SET {columns} version = version + 1"  # noqa: S608
            " WHERE id = %s AND version = %s",
            (*values.values(), processor_id, version),
        )
        return cur.rowcount == 1


def is_at_rest(conn: Connection, processor_id: int) -> bool:
    """Say whether a processor is stopped and nothing of it is in work; it is locked meanwhile."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT desired = 'stopped' AND NOT EXISTS (SELECT FROM cycles JOIN records"
            " ON cycle_id = cycles.id AND status IN ('queued', 'running')"
            " WHERE cycles.processor_id = processors.id AND cycles.ended_at IS NULL)"
            " FROM processors WHERE id = %s FOR UPDATE",
            (processor_id,),
        )
        row = cur.fetchone()
    return row is not None and bool(row[0])


def delete_some(conn: Connection, processor_id: int) -> bool:
    """Delete some of what a processor has; False when there was nothing left."""
    with conn.cursor() as cur:
        for statement in _DELETE_SOME:
            cur.execute(statement, (processor_id, AT_ONCE))
            if cur.rowcount:
                return True
    return False


def delete(conn: Connection, processor_id: int) -> None:
    """Delete a processor that has nothing any more."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM processors WHERE id = %s", (processor_id,))
