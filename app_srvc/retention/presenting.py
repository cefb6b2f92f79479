"""What programs read about what is kept."""

from typing import Any

from app_srvc.jobs.presenting import time_as_json
from app_srvc.periods import Periods
from app_srvc.periods.repository import Change
from app_srvc.retention.kinds import Kind
from app_srvc.retention.repository.counts import Count, Going
from app_srvc.words import tell


def days_as_json(days: Periods, sources: list[str]) -> dict[str, Any]:
    """Return for how long each is kept, and on whose word."""
    told = zip(days._asdict().items(), sources, strict=True)
    return {name: {"days": number, "source": source} for (name, number), source in told}


def kind_as_json(kind: Kind) -> dict[str, Any]:
    """Return what there is of a kind, and what goes."""
    return {
        "kind": kind.name,
        "title": tell(kind.title),
        "processor": kind.processor,
        "days": kind.days,
        "source": kind.source,
        "count": _count(kind.outlook.there),
        "next_sweep": _going(kind.outlook.next),
        "within_7_days": _going(kind.outlook.soon),
    }


def change_as_json(change: Change) -> dict[str, Any]:
    """Return who changed what."""
    return change._asdict() | {"at": time_as_json(change.at)}


def _count(count: Count) -> dict[str, Any]:
    return {"number": count.number, "exactness": "about" if count.is_about else "exact"}


def _going(going: Going) -> dict[str, Any]:
    return _count(going.rows) | {
        "bytes": going.bytes,
        "oldest": time_as_json(going.oldest),
        "newest": time_as_json(going.newest),
    }
