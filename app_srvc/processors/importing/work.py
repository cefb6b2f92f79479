"""Take a file in, batch by batch: each is one transaction, with what is counted of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import BinaryIO, NamedTuple

from app_srvc import db, storage
from app_srvc.errors import NoLongerOurs, PermanentError
from app_srvc.jobs import running
from app_srvc.processors.importing import reading
from app_srvc.processors.importing.items import Bad, Item, Options
from app_srvc.processors.repository import imports, intake
from app_srvc.processors.repository.imports import Counts, Fault, Import
from app_srvc.processors.repository.intake import NewRecord
from app_srvc.words import _, ngettext

BATCH = 4000
BATCH_BYTES = 4_000_000
# More are counted, and no longer kept.
MOST_FAULTS = 10_000

OTHER_CONTENT = _("A record with its key is there already, with other content. It stays.")
SECOND_TIME = _("Its key came a second time, with other content. The first one stays.")
GONE = _("The file is no longer kept. Please send it again.")


def take_in(job_id: str) -> None:
    """Take in what is left of a job's file.

    Killed at any moment, it goes on behind the last batch that stands.

    Raises:
        PermanentError: the file is gone, or cannot be read as it should.
        NoLongerOurs: the job was cancelled, or another worker has it.
    """
    with db.transaction() as conn:
        started = imports.find(conn, job_id)
        kept = imports.count_faults(conn, job_id)
    if started is None:
        return  # Deleted while it waited.
    if started.file_key is None:
        raise PermanentError(GONE)
    try:
        with storage.open_file(started.file_key) as file:
            _Run(started, file, kept).go()
    except FileNotFoundError:
        raise PermanentError(GONE) from None
    except Bad as bad:
        raise PermanentError(bad.sentence) from None


class _Batch(NamedTuple):
    """Some items: the records among them, each key once, and what else came of them.

    `end` is how far in the file they end, about.
    """

    end: int
    size: int
    records: list[tuple[int, NewRecord]]
    faults: list[Fault]
    repeated: int


class _Run:
    """One attempt at a file."""

    def __init__(self, started: Import, file: BinaryIO, kept: int) -> None:
        self.started = started
        self.file = file
        self.kept = kept
        self.position = started.position
        self.bytes = max(1, file.seek(0, 2))
        file.seek(0)

    def go(self) -> None:
        options = Options.of_json(self.started.options)
        items = reading.items(self.file, options)
        for batch in _ahead(_batches(islice(items, self.position, None), self.file)):
            self.save(batch)
            told = ngettext("%(num)s record read", "%(num)s records read", self.position)
            running.report(told, batch.end / self.bytes)

    def save(self, batch: _Batch) -> None:
        """Let a batch stand, all of it or nothing.

        Raises:
            NoLongerOurs: somebody else has the job.
        """
        with db.transaction() as conn:
            running.hold(conn)
            imports.be_quick(conn)
            known, faults = batch.repeated, list(batch.faults)
            bad = len(faults)
            taken = intake.add_many(
                conn,
                self.started.processor_id,
                [record for _, record in batch.records],
                self.started.created_at,
            )
            for (line, _record), one in zip(batch.records, taken, strict=True):
                bad += one.differs and one.is_recent
                known += not one.is_new and not (one.differs and one.is_recent)
                if one.differs:
                    faults.append(Fault(line, SECOND_TIME if one.is_recent else OTHER_CONTENT))
            counts = Counts(batch.size, sum(one.is_new for one in taken), known, bad)
            if not imports.advance(conn, self.started.job_id, self.position, counts):
                raise NoLongerOurs
            keep = faults[: max(0, MOST_FAULTS - self.kept)]
            if keep:
                imports.add_faults(conn, self.started.job_id, keep)
        self.kept += len(keep)
        self.position += batch.size


def _ahead(batches: Iterator[_Batch]) -> Iterator[_Batch]:
    """Read the next batch while the database has this one: each waits for the other otherwise."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _batches(items: Iterator[Item], file: BinaryIO) -> Iterator[_Batch]:
    """Put items together until there are many, or they are large."""
    while some := list(_some(items)):
        records: dict[str, tuple[int, NewRecord]] = {}
        faults, repeated = [], 0
        for line, record, fault in some:
            if record is None:
                faults.append(Fault(line, fault or ""))
                continue
            first = records.setdefault(record.source_key, (line, record))[1]
            if first is record:
                continue
            if first.body == record.body:
                repeated += 1
            else:
                faults.append(Fault(line, SECOND_TIME))
        yield _Batch(file.tell(), len(some), list(records.values()), faults, repeated)


def _some(items: Iterator[Item]) -> Iterator[Item]:
    size = 0
    for item in islice(items, BATCH):
        yield item
        size += len(item.record.body) if item.record else 0
        if size >= BATCH_BYTES:
            return
