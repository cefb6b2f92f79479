"""The one row that says for how long things are kept, and who has changed it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import Connection

Days = tuple[int | None, int | None, int | None]


class Chosen(NamedTuple):
    """What operators have set of files, jobs and history; None is as the environment says."""

    days: Days
    version: int


class Change(NamedTuple):
    """What somebody changed, from which days to which."""

    at: datetime
    actor: str
    before: dict[str, int]
    after: dict[str, int]


def find(conn: Connection) -> Chosen:
    """Return what is set; version 0 is of a row that is not there yet."""
    with conn.cursor() as cur:
        cur.execute("SELECT files_days, jobs_days, history_days, version FROM kept_periods")
        row = cur.fetchone()
    return Chosen(row[:3], row[3]) if row else Chosen((None, None, None), 0)


def choose(conn: Connection, version: int, days: Days) -> bool:
    """Compare and set: of two who have seen the same version one wins; the other hears False."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO kept_periods (files_days, jobs_days, history_days, version)"
            " SELECT %s, %s, %s, 1 WHERE %s = 0 OR EXISTS (SELECT FROM kept_periods)"
            " ON CONFLICT (single) DO UPDATE SET files_days = excluded.files_days,"
            " jobs_days = excluded.jobs_days, history_days = excluded.history_days,"
            " version = kept_periods.version + 1 WHERE kept_periods.version = %s",
            (*days, version, version),
        )
        return cur.rowcount == 1


def note(conn: Connection, actor: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Record who changed what."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO kept_periods_audit (actor, before, after) VALUES (%s, %s, %s)",
            (actor, json.dumps(before), json.dumps(after)),
        )


def changes(conn: Connection, limit: int) -> list[Change]:
    """Return the last changes, newest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT at, actor, before, after FROM kept_periods_audit ORDER BY id DESC LIMIT %s",
            (limit,),
        )
        return [Change(*row) for row in cur.fetchall()]
