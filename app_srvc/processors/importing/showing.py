"""Imports as their pages and programs need them."""

from typing import Any, NamedTuple

from flask import url_for

from app_srvc import db, numbers
from app_srvc.errors import NotFound
from app_srvc.jobs import presenting
from app_srvc.jobs.repository.reading import Job
from app_srvc.processors.importing.items import Options
from app_srvc.processors.importing.work import MOST_FAULTS
from app_srvc.processors.repository import imports, loops
from app_srvc.processors.repository.imports import Fault, Former, Import
from app_srvc.processors.repository.loops import Processor
from app_srvc.web.spreadsheet import BYTE_ORDER_MARK, as_lines
from app_srvc.words import _, tell

PAGE_SIZE = 50


class Faults(NamedTuple):
    """A page of faults; `after` is the line behind which the page begins, `next` the next page's.

    `kept` counts all that are kept.
    """

    faults: list[Fault]
    after: int
    next: int | None
    kept: int


def processor(name: str) -> Processor:
    """Return the processor of that name.

    Raises:
        NotFound: there is none.
    """
    with db.transaction() as conn:
        found = loops.find(conn, name)
    if found is None:
        raise NotFound(_("There is no processor of that name."))
    return found


def find(of: Processor, job_id: str) -> tuple[Job, Import]:
    """Return an import of a processor with its job.

    Raises:
        NotFound: there is none.
    """
    with db.transaction() as conn:
        found = imports.find(conn, job_id)
    if found is None or found.processor_id != of.id:
        raise NotFound(_("There is no such import."))
    return presenting.find_visible(job_id), found


def name_of(job_id: str) -> str:
    """Return the name of the processor that an import is for.

    Raises:
        NotFound: there is no such import.
    """
    with db.transaction() as conn:
        name = imports.processor_of(conn, job_id)
    if name is None:
        raise NotFound(_("There is no such import."))
    return name


def options_of(found: Import) -> Options:
    """Return how the file is read."""
    return Options.of_json(found.options)


def faults(job_id: str, after: str) -> Faults:
    """Return a page of faults behind a line; anything else than a number begins at the first."""
    number = numbers.read(after, most=10**15 - 1)
    line = -1 if number is None else number
    with db.transaction() as conn:
        found = imports.faults(conn, job_id, line, PAGE_SIZE + 1)
        kept = imports.count_faults(conn, job_id)
    more = len(found) > PAGE_SIZE
    found = found[:PAGE_SIZE]
    return Faults(found, line, found[-1].line if more else None, kept)


def faults_as_csv(job_id: str) -> str:
    """Return the kept faults as a table, told in the reader's language."""
    with db.transaction() as conn:
        found = imports.faults(conn, job_id, -1, MOST_FAULTS)
    told = [(fault.line, tell(fault.sentence)) for fault in found]
    return BYTE_ORDER_MARK + as_lines([("line", "fault"), *told])


def as_json(name: str, job: Job, found: Import, page: Faults) -> dict[str, Any]:
    """Return what programs read about an import."""
    address = url_for("importing.show", name=name, job_id=job.id)
    return {
        "file": found.file_name,
        "options": found.options,
        "read": found.position,
        "added": found.added,
        "known": found.known,
        "bad": found.bad,
        "faults": [{"line": one.line, "fault": tell(one.sentence)} for one in page.faults],
        "next": f"{address}?after={page.next}" if page.next is not None else None,
        "job": presenting.as_json(job),
    }


def former_as_json(name: str, former: Former) -> dict[str, Any]:
    """Return what programs read about an import in a list."""
    return {
        "job_id": former.job_id,
        "file": former.file_name,
        "state": former.state,
        "added": former.added,
        "known": former.known,
        "bad": former.bad,
        "created_at": former.created_at.isoformat(timespec="seconds"),
        "page_url": url_for("importing.show", name=name, job_id=former.job_id),
    }
