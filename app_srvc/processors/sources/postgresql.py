"""A table on another PostgreSQL as a source of records.

Rows are first locked there, then taken in and committed here, and only then marked there as
taken. Whoever dies in between leaves rows that are read again, and are known here by their keys;
marked before they are here, they would be lost.
"""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg2.extensions import connection as Connection  # noqa: N812

from app_srvc import db
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.repository import intake, sources
from app_srvc.processors.repository.intake import LONGEST_KEY, NewRecord
from app_srvc.processors.repository.loops import Processor
from app_srvc.processors.repository.sources import Source
from app_srvc.processors.sources import configuration, connecting, repository
from app_srvc.processors.sources.configuration import Status, Table
from app_srvc.processors.sources.repository import Row
from app_srvc.words import _


class Fetched(NamedTuple):
    """How many rows were read, and how many of them are new records."""

    read: int = 0
    added: int = 0


def fetch(processor: Processor, limit: int) -> Fetched:
    """Take up to `limit` new rows of a processor's source in.

    Raises:
        Transient: the source does not answer; `is_destination` is set.
        WrongConfiguration: it cannot be read as it is configured.
    """
    with db.transaction() as conn:
        source = sources.find(conn, processor.id)
    if source is None:
        return Fetched()  # Deleted meanwhile.
    table = configuration.table(source.config)
    with connecting.opened(table.connection) as there:
        with connecting.asking(table.connection):
            repository.begin(there, connecting.SECONDS, connecting.IDLE_SECONDS)
        if table.status is not None:
            return _by_status(there, processor.id, table, table.status, limit)
        return _by_mark(there, processor.id, table, source, limit)


def _by_status(
    there: Connection, processor_id: int, table: Table, status: Status, limit: int
) -> Fetched:
    with connecting.asking(table.connection):
        rows = repository.lock_new(there, table, status, limit)
    if not rows:
        return Fetched()
    with db.transaction() as conn:
        added = _take_in(conn, processor_id, table, rows)
    with connecting.asking(table.connection):
        repository.set_taken(there, table, status, [row.key for row in rows])
        there.commit()
    return Fetched(len(rows), added)


def _by_mark(
    there: Connection, processor_id: int, table: Table, source: Source, limit: int
) -> Fetched:
    """Take in what is new among the rows from a little before the last one on.

    Rows with a smaller mark may be committed there later than ones with a larger: so the last
    stretch is read each time, and what is known of it stays.
    """
    read = added = 0
    chunks = repository.rows_from(there, table, source.mark, limit)
    while added < limit:
        with connecting.asking(table.connection):
            rows = next(chunks, None)
        if rows is None:
            break
        last = rows[-1]
        with db.transaction() as conn:
            if (
                last.is_ahead
                and last.mark is not None
                and not sources.set_mark(conn, processor_id, source, last.mark)
            ):
                break  # Another source was chosen meanwhile.
            added += _take_in(conn, processor_id, table, rows)
        read += len(rows)
    with connecting.asking(table.connection):
        chunks.close()
    return Fetched(read, added)


def _take_in(conn: db.Connection, processor_id: int, table: Table, rows: Sequence[Row]) -> int:
    """Take rows in, and return how many are new."""
    records: dict[str, NewRecord] = {}
    for row in rows:
        if not row.key or len(row.key) > LONGEST_KEY or len(row.order_key or "") > LONGEST_KEY:
            raise WrongConfiguration(
                _("A row of the source has no key, or one with more than %(max)s characters.",
                  max=LONGEST_KEY)
            )  # fmt: skip
        record = NewRecord(row.key, table.media_type, row.body, row.order_key)
        if records.setdefault(row.key, record) != record:
            raise WrongConfiguration(_("Two rows of the source have the same key."))
    return sum(one.is_new for one in intake.add_many(conn, processor_id, list(records.values())))
