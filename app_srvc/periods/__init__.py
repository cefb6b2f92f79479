"""For how long things are kept: as an operator has set it, or else as the environment says.

Whoever sweeps asks at that moment, so what is set acts at the next sweep of every process.
"""

from typing import NamedTuple

from app_srvc import settings
from app_srvc.db import Connection
from app_srvc.periods import repository


class Periods(NamedTuple):
    """Days for which something is kept after it has ended.

    `files_days` is for files of jobs, `jobs_days` for jobs with their results, `history_days` for
    cycles and for what became of records.
    """

    files_days: int
    jobs_days: int
    history_days: int


# By which setting the environment gives each of them.
VARIABLES = ("retention_days", "history_days", "history_days")


def of_environment() -> Periods:
    """Return what holds where nothing is set on the page."""
    known = settings.load()
    return Periods(known.retention_days, known.history_days, known.history_days)


def in_force(conn: Connection) -> Periods:
    """Return for how long each is kept now."""
    chosen = repository.find(conn)
    return Periods._make(
        mine or theirs for mine, theirs in zip(chosen.days, of_environment(), strict=True)
    )
