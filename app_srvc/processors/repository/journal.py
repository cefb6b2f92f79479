"""The journal of a record's steps: what is done is never done again.

A step that began a call and has no end is unknown: nobody can say whether it took effect. What is
known of a step goes by its name: it may stand elsewhere in the chain the next time.
"""

from typing import NamedTuple

from app_srvc.db import Connection
from app_srvc.processors.repository.records import Taken


class Made(NamedTuple):
    """What a step has made."""

    http_status: int | None = None
    media_type: str | None = None
    body: bytes | None = None


NOTHING = Made()


class Entry(NamedTuple):
    """What the journal has of a step. `state` is begun, done or compensated."""

    state: str
    digest: str
    has_output: bool


class Place(NamedTuple):
    """A step of a record that somebody has taken, or what undoes it.

    `number` says where it stands, and 0 is the handler itself; `digest` says how it is configured.
    A step that is `undoable` is undone before its record is dead.
    """

    taken: Taken
    number: int
    name: str
    digest: str = ""
    undoes: bool = False
    undoable: bool = False


# The name of a step, and whether it is what undoes it.
Key = tuple[str, bool]


def read(conn: Connection, record_id: int) -> dict[Key, Entry]:
    """Return how each step stands, without what it has made."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT name, undoes, state, digest, body IS NOT NULL FROM record_steps"
            " WHERE record_id = %s",
            (record_id,),
        )
        return {(name, undoes): Entry(*entry) for name, undoes, *entry in cur.fetchall()}


def output(conn: Connection, place: Place) -> tuple[str, bytes] | None:
    """Return what a step has made, if it made anything: its media type and its content."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT media_type, body FROM record_steps"
            " WHERE record_id = %s AND name = %s AND undoes = %s AND body IS NOT NULL",
            (place.taken.id, place.name, place.undoes),
        )
        row = cur.fetchone()
    return (row[0] or "", bytes(row[1])) if row else None


def begin(conn: Connection, place: Place) -> bool:
    """Write that a call begins; False when the record is lost."""
    return _write(conn, place, "begun")


def finish(conn: Connection, place: Place, made: Made) -> bool:
    """Write that a step is done, and what it has made; False when the record is lost."""
    return _write(conn, place, "done", made)


def compensate(conn: Connection, place: Place) -> bool:
    """Write that what a step did was undone; False when the record is lost."""
    return _write(conn, place, "compensated")


def forget(conn: Connection, place: Place) -> None:
    """Forget that a call began: it had no effect."""
    with conn.cursor() as cur:
        cur.execute(
            "DELETE FROM record_steps WHERE record_id = %s AND name = %s AND undoes = %s"
            " AND claim_seq = %s AND state = 'begun'",
            (place.taken.id, place.name, place.undoes, place.taken.claim_seq),
        )


def _write(conn: Connection, place: Place, state: str, made: Made = NOTHING) -> bool:
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO record_steps (record_id, name, undoes, undoable, number, digest, state,"
            " claim_seq, http_status, media_type, body)"
            " SELECT id, %(name)s, %(undoes)s, %(undoable)s, %(number)s, %(digest)s, %(state)s,"
            " %(seq)s, %(http)s, %(type)s, %(body)s"
            " FROM (SELECT id FROM records WHERE id = %(id)s AND claim_seq = %(seq)s"
            " AND worker = %(worker)s AND status = 'running' FOR SHARE) AS mine"
            " ON CONFLICT (record_id, name, undoes) DO UPDATE SET number = excluded.number,"
            " undoable = excluded.undoable,"
            " digest = excluded.digest, state = excluded.state, claim_seq = excluded.claim_seq,"
            " http_status = excluded.http_status, media_type = excluded.media_type,"
            " body = excluded.body, changed_at = clock_timestamp()",
            {
                "id": place.taken.id,
                "seq": place.taken.claim_seq,
                "worker": place.taken.worker,
                "name": place.name,
                "undoes": place.undoes,
                "undoable": place.undoable,
                "number": place.number,
                "digest": place.digest,
                "state": state,
                "http": made.http_status,
                "type": made.media_type,
                "body": made.body,
            },
        )
        return cur.rowcount == 1
