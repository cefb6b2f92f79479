"""What is kept, kind by kind: for how long, on whose word, and what goes next."""

from typing import NamedTuple

from app_srvc import periods, settings
from app_srvc.db import Connection
from app_srvc.periods import Periods
from app_srvc.retention.repository import ordered, records
from app_srvc.retention.repository.counts import Count, Going, Outlook
from app_srvc.retention.repository.records import Month
from app_srvc.words import Sentence, _

# So many processors are listed; who has more looks at each one's own page.
MOST_PROCESSORS = 50
# What cannot be set: docs/operations.md says more of it.
FIXED_DAYS = {"uploads": 1, "sessions": 30, "links": 1, "unconfirmed": 7}

# On whose word something is kept for so long.
PAGE, ENVIRONMENT, DEFAULT, OWN, FIXED = "page", "environment", "default", "processor", "fixed"
SOURCES: dict[str, Sentence] = {
    PAGE: _("set here"),
    ENVIRONMENT: _("from the environment"),
    DEFAULT: _("by default"),
    OWN: _("set on its page"),
    FIXED: _("always the same"),
}

TITLES: dict[str, Sentence] = {
    "files": _("Files of jobs"),
    "jobs": _("Jobs that have ended"),
    "past cycles": _("Cycles of processors"),
    "attempts": _("What became of records"),
    "uploads": _("Files that no job has taken, or that are being deleted"),
    "sessions": _("Logins in browsers"),
    "links": _("Links to set a password"),
    "unconfirmed": _("Accounts without a password"),
}
EXPLANATIONS: dict[str, Sentence] = {
    "files": _(
        "Recordings and other files, after the last job that needs them has ended. With their"
        " job they go in any case."
    ),
    "jobs": _("With their results, attempts, log lines, mails and registrations."),
    "past cycles": _("How many records each had, and how they ended."),
    "attempts": _("Attempts at records, and their log lines. They go by whole months."),
    "done records": _("Records that are done. What is in them goes; that they were done stays."),
    "uploads": _("After the last piece; a file that was not sent in pieces, for ten minutes."),
    "sessions": _("After somebody was last here."),
    "links": _("After their mail has gone, unless they are used before."),
    "unconfirmed": _("After the registration, and for as long as there is a link."),
}


class Kind(NamedTuple):
    """One kind of what is kept; `processor` is the name of the one whose records these are."""

    name: str
    title: str
    explanation: Sentence
    days: int
    source: str
    outlook: Outlook
    processor: str | None = None


def adjustable(conn: Connection, days: Periods) -> list[Kind]:
    """Return what goes of the kinds that are kept for as long as operators say, if it is `days`."""
    sources = sources_of(conn)
    parts = records.months(conn, days.history_days)
    found = {
        "files": ordered.outlook(conn, ordered.FILES, min(days.files_days, days.jobs_days)),
        "jobs": ordered.outlook(conn, ordered.JOBS, days.jobs_days),
        "past cycles": ordered.outlook(conn, ordered.CYCLES, days.history_days),
        "attempts": Outlook(
            _sum(parts).rows,
            _sum([part for part in parts if part.goes_next]),
            _sum([part for part in parts if part.goes_soon]),
        ),
    }
    of = {"files": 0, "jobs": 1, "past cycles": 2, "attempts": 2}
    return [
        Kind(name, TITLES[name], EXPLANATIONS[name], days[of[name]], sources[of[name]], outlook)
        for name, outlook in found.items()
    ]


def others(conn: Connection) -> list[Kind]:
    """Return the kinds that are kept for as long as each processor says, or always as long."""
    known = records.processors(conn, MOST_PROCESSORS)
    of_records = records.outlooks(conn, known)
    of_processors = [
        Kind(
            "done records",
            it.title,
            EXPLANATIONS["done records"],
            it.days,
            OWN,
            of_records[it.id],
            it.name,
        )
        for it in known
    ]
    fixed = {
        "uploads": ordered.outlook(conn, ordered.UPLOADS, 0),
        "sessions": ordered.outlook(conn, ordered.SESSIONS, 0),
        "links": ordered.outlook(conn, ordered.LINKS, 0),
        "unconfirmed": ordered.outlook(conn, ordered.UNCONFIRMED, FIXED_DAYS["unconfirmed"]),
    }
    return of_processors + [
        Kind(name, TITLES[name], EXPLANATIONS[name], FIXED_DAYS[name], FIXED, outlook)
        for name, outlook in fixed.items()
    ]


def sources_of(conn: Connection) -> list[str]:
    """Return on whose word files, jobs and history are kept for as long as they are."""
    told = settings.load().model_fields_set
    theirs = [ENVIRONMENT if name in told else DEFAULT for name in periods.VARIABLES]
    chosen = periods.repository.find(conn)
    return [
        source if days is None else PAGE for days, source in zip(chosen.days, theirs, strict=True)
    ]


def _sum(parts: list[Month]) -> Going:
    """Return several months as one; each goes as a whole."""
    rows = Count(
        sum(part.rows.number for part in parts),
        is_about=any(part.rows.is_about for part in parts),
    )
    moments = [part.begins for part in parts]
    return Going(
        rows, sum(part.bytes for part in parts), min(moments, default=None),
        max(moments, default=None),
    )  # fmt: skip
