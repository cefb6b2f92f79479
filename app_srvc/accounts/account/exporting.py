"""All that is kept about somebody, for them to take along as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from app_srvc import db
from app_srvc.accounts.repository import tokens
from app_srvc.accounts.repository.users import User
from app_srvc.jobs import registry
from app_srvc.jobs.repository import reading
from app_srvc.jobs.repository.reading import Job, Page
from app_srvc.words import tell

AT_ONCE = 50


def pieces(user: User) -> Iterator[str]:
    """Yield one JSON object, job by job: a thousand transcripts need not fit into memory."""
    with db.transaction() as conn:
        made = [token._asdict() for token in tokens.of_user(conn, user.id)]
    yield f'{{"account": {_json(user._asdict())},\n"tokens": {_json(made)},\n"jobs": ['
    between = "\n"
    for job in _jobs(user.owner):
        with db.transaction() as conn:
            result = registry.export(conn, job.task, job.id)
        yield between + _json(_told(job) | {"result": result})
        between = ",\n"
    yield "\n]}\n"


def _jobs(owner: str) -> Iterator[Job]:
    before = None
    while True:
        with db.transaction() as conn:
            listing = reading.newest(conn, Page(owner, before=before, limit=AT_ONCE))
        yield from listing.jobs
        if not listing.has_older:
            return
        before = (listing.jobs[-1].created_at, listing.jobs[-1].id)


def _told(job: Job) -> dict[str, Any]:
    names = ("id", "task", "title", "state", "reason", "created_at", "started_at", "ended_at")
    told = {name: getattr(job, name) for name in names}
    return told | {"title": tell(job.title), "reason": job.reason and tell(job.reason)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
