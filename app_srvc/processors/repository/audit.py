"""Who did what to which processor. Nothing of a record's content, and no secret, is in it."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from app_srvc.db import Connection


class Act(NamedTuple):
    """What somebody did: an actor's login, or "operator"; empty is the product itself."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def note(
    conn: Connection,
    processor_id: int,
    actor: str,
    action: str,
    *,
    of: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Note what somebody does, in the transaction in which it is done."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO processor_audit (processor_id, actor, action, object, before, after)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (processor_id, actor, action, of, _json(before), _json(after)),
        )


def newest(
    conn: Connection, processor_id: int, *, before: int | None = None, limit: int = 50
) -> tuple[list[Act], bool]:
    """Return what was done, newest first, and whether there is more before that."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, at, actor, action, object, before, after FROM processor_audit"
            " WHERE processor_id = %s AND (%s::bigint IS NULL OR id < %s)"
            " ORDER BY id DESC LIMIT %s",
            (processor_id, before, before, limit + 1),
        )
        acts = [Act(*row) for row in cur.fetchall()]
    return acts[:limit], len(acts) > limit


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
