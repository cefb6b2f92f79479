"""Files from which records are taken in: how far each is, and what was wrong with its lines."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.states import State
from app_srvc.words import pack, unpack


class Import(NamedTuple):
    """A file that is being taken in, or has been; `position` counts its lines or elements."""

    job_id: str
    processor_id: int
    file_key: str | None
    file_name: str
    options: Mapping[str, Any]
    position: int
    added: int
    known: int
    bad: int
    created_at: datetime


class Former(NamedTuple):
    """An import in a list; `state` is that of its job."""

    job_id: str
    file_name: str
    added: int
    known: int
    bad: int
    created_at: datetime
    state: State


class Fault(NamedTuple):
    """What is wrong with a line, or with an element of that number."""

    line: int
    sentence: str


class Counts(NamedTuple):
    """What came of some lines or elements: so many were read, and became these."""

    read: int
    added: int
    known: int
    bad: int


class NewImport(NamedTuple):
    """A file that is to be taken in, and how it is read."""

    job_id: str
    processor_id: int
    file_key: str
    file_name: str
    options: Mapping[str, Any]


def add(conn: Connection, new: NewImport) -> None:
    """Record an import whose job is submitted in the same transaction."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_imports (job_id, processor_id, file_key, file_name, options)"
            " VALUES (%s, %s, %s, %s, %s)",
            (*new[:-1], json.dumps(new.options)),
        )


def find(conn: Connection, job_id: str) -> Import | None:
    """Return the import that a job works on."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT job_id, processor_id, file_key, file_name, options, position, added, known,"
            " bad, created_at FROM record_imports WHERE job_id = %s",
            (job_id,),
        )
        row = cur.fetchone()
    return Import(*row) if row else None


def processor_of(conn: Connection, job_id: str) -> str | None:
    """Return the name of the processor that an import is for."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT name FROM record_imports JOIN processors ON processors.id = processor_id"
            " WHERE job_id = %s",
            (job_id,),
        )
        row = cur.fetchone()
    return row[0] if row else None


def advance(conn: Connection, job_id: str, position: int, counts: Counts) -> bool:
    """Count what was taken in from `position` on; False when somebody else has done that."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE record_imports SET position = position + %s, added = added + %s,"
            " known = known + %s, bad = bad + %s WHERE job_id = %s AND position = %s",
            (*counts, job_id, position),
        )
        return cur.rowcount == 1


def be_quick(conn: Connection) -> None:
    """Let this transaction not wait for the disk.

    Should the server die now, the records are gone together with their count, and are read again;
    whatever is done with a record, or is said of the job, becomes durable after them.
    """
    with conn.cursor() as cur:
        cur.execute("SET LOCAL synchronous_commit = off")


def count_faults(conn: Connection, job_id: str) -> int:
    """Return how many faults are kept."""
    with conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM record_import_faults WHERE job_id = %s", (job_id,))
        row = cur.fetchone()
    return int(row[0]) if row else 0


def add_faults(conn: Connection, job_id: str, faults: Sequence[Fault]) -> None:
    """Keep faults."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_import_faults (job_id, line, fault)"
            " SELECT %s, * FROM unnest(%s::bigint[], %s::text[]) ON CONFLICT DO NOTHING",
            (job_id, [fault.line for fault in faults], [pack(fault.sentence) for fault in faults]),
        )


def faults(conn: Connection, job_id: str, after: int, limit: int) -> list[Fault]:
    """Return kept faults behind a line, in the order of lines."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT line, fault FROM record_import_faults WHERE job_id = %s AND line > %s"
            " ORDER BY line LIMIT %s",
            (job_id, after, limit),
        )
        return [Fault(line, unpack(text)) for line, text in cur.fetchall()]


def newest(conn: Connection, processor_id: int, limit: int) -> list[Former]:
    """Return the imports of a processor, newest first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT job_id, file_name, added, known, bad, record_imports.created_at, state"
            " FROM record_imports JOIN jobs ON jobs.id = job_id WHERE processor_id = %s"
            " ORDER BY record_imports.created_at DESC LIMIT %s",
            (processor_id, limit),
        )
        return [Former._make([*row[:-1], State(row[-1])]) for row in cur.fetchall()]
