"""The overview as programs read it."""

from typing import Any

from flask import url_for

from app_srvc.admission import refusals
from app_srvc.admission.overview import Row
from app_srvc.admission.repository import Refused
from app_srvc.jobs.presenting import time_as_json
from app_srvc.ops import verdict
from app_srvc.ops.repository.failures import Kind
from app_srvc.ops.repository.queues import QueueStanding, Times
from app_srvc.ops.repository.samples import BIN_MINUTES, Bin
from app_srvc.ops.repository.staff import Worker
from app_srvc.ops.snapshot import Overview
from app_srvc.processors import presenting as processors
from app_srvc.words import tell


def as_json(seen: Overview) -> dict[str, Any]:
    """Return everything. Times are ISO 8601 with a zone, the names of lengths end in their unit."""
    problems = verdict.problems(seen)
    return {
        "at": time_as_json(seen.at),
        "well": not problems,
        "problems": [
            {"name": one.name, "message": tell(one.message), "loud": one.is_loud, "url": one.url}
            for one in problems
        ],
        "queues": [_queue(one, seen.delivered) for one in seen.queues],
        "limits": [_limit(one) for one in seen.limits],
        "workers": [_worker(one) for one in seen.workers],
        "failures": {
            "total": seen.failures.number,
            "kinds": seen.failures.kinds,
            "more": not seen.failures.is_all,
            "commonest": [_kind(one) for one in seen.failures.shown],
        },
        "processors": [processors.as_json(it) for it in seen.processors],
        "outbox": {
            "waiting": seen.outbox.waiting,
            "failed": seen.outbox.failed,
            "oldest_at": time_as_json(seen.outbox.oldest_at),
            "more": not seen.outbox.is_all,
        },
        "storage": seen.room
        and {
            "free_bytes": seen.room.free,
            "total_bytes": seen.room.total,
            "reserve_bytes": seen.room.reserve,
        },
        "kept": seen.kept
        and {
            "at": time_as_json(seen.kept.at),
            "files": seen.kept.files,
            "bytes": seen.kept.bytes,
        },
        "postgresql": {
            "version": seen.postgresql.version,
            "connections": seen.postgresql.connections,
            "max_connections": seen.postgresql.max_connections,
            "longest_transaction_seconds": round(seen.postgresql.longest_seconds, 3),
        },
        "queue_server": {"up": seen.delivered is not None},
        "history": {
            "minutes": BIN_MINUTES,
            "queues": {name: [_bin(one) for one in bins] for name, bins in seen.day.queues.items()},
        },
    }


def _queue(one: QueueStanding, delivered: dict[str, int] | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "workers": one.workers,
        "waiting": one.waiting,
        "delivered": delivered and delivered[one.name],
        "oldest_seconds": one.oldest_seconds and round(one.oldest_seconds, 3),
        "running": one.running,
        "scheduled": one.scheduled,
        "done_a_minute": one.done_a_minute,
        "failed_a_minute": one.failed_a_minute,
        "waited_seconds": _times(one.waited),
        "ran_seconds": _times(one.ran),
    }


def _limit(one: Row) -> dict[str, Any]:
    standing = one.standing
    of_clients = standing.limit.kind is refusals.Kind.RATE
    return {
        "kind": standing.limit.kind,
        "name": standing.limit.name,
        "most": standing.most,
        "in_seconds": standing.seconds,
        "taken": standing.taken,
        "refused": _refused(one.refused),
        # Only clients are let in while they cannot be counted.
        "let_in_uncounted": _refused(one.opened) if of_clients else None,
    }


def _refused(one: Refused) -> dict[str, int]:
    return {"last_hour": one.hour, "last_day": one.day, "total": one.total}


def _times(found: Times | None) -> dict[str, float] | None:
    return found and {"p50": round(found.median, 3), "p95": round(found.most, 3)}


def _worker(one: Worker) -> dict[str, Any]:
    return {
        "name": one.name,
        "host": one.host,
        "pid": one.pid,
        "queues": one.queues,
        "alive": one.is_alive,
        "memory_bytes": one.memory,
        "started_at": time_as_json(one.started_at),
        "seen_at": time_as_json(one.seen_at),
        "job": one.doing
        and {
            "id": one.doing.job_id,
            "queue": one.doing.queue,
            "since": time_as_json(one.doing.since),
            "page_url": url_for("jobs.show", job_id=one.doing.job_id),
        },
        "processor": one.handling and one.handling.name,
    }


def _kind(one: Kind) -> dict[str, Any]:
    return {
        "queue": one.queue,
        "kind": one.id,
        "reason": tell(one.reason),
        "count": one.number,
        "latest_at": time_as_json(one.latest_at),
    }


def _bin(one: Bin) -> dict[str, Any]:
    return {
        "from": time_as_json(one.at),
        "waiting": one.waiting,
        "running": one.running,
        "oldest_seconds": one.oldest_seconds and round(one.oldest_seconds, 3),
        "done": one.done,
        "failed": one.failed,
    }
