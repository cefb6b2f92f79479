"""Workers as a table for people, and as JSON for programs. Titles of jobs are in neither."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from app_srvc.managing.living import Worker

HEADINGS = (
    "name", "host", "queues", "state", "job", "for", "last heard of", "memory", "supervised here",
)  # fmt: skip


def as_json(workers: list[Worker]) -> str:
    """Return one object with a list of workers; times are in ISO 8601, memory in bytes."""
    return json.dumps({"workers": [_object(worker) for worker in workers]}, indent=2)


def as_table(workers: list[Worker]) -> str:
    """Return one line for each worker, below a line of headings."""
    now = datetime.now(UTC)
    lines = [HEADINGS, *(_line(worker, now) for worker in workers)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def count(number: int, word: str = "worker") -> str:
    """Return a number with its noun."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def _object(worker: Worker) -> dict[str, Any]:
    is_busy = worker.job_id is not None
    return {
        "name": worker.name,
        "host": worker.host,
        "pid": worker.pid,
        "queues": worker.queues,
        "state": worker.doing,
        "job": {"id": worker.job_id, "task": worker.task} if is_busy else None,
        "since": worker.since.isoformat(),
        "seen_at": worker.seen_at.isoformat(),
        "memory_bytes": worker.memory,
        "supervised_here": worker.is_supervised_here,
    }


def _line(worker: Worker, now: datetime) -> tuple[str, ...]:
    return (
        worker.name,
        worker.host,
        ",".join(worker.queues),
        worker.doing,
        f"{worker.task} {worker.job_id}" if worker.job_id else "-",
        _span(now - worker.since),
        f"{_span(now - worker.seen_at)} ago",
        f"{worker.memory / 10**6:.0f} MB" if worker.memory else "-",
        "yes" if worker.is_supervised_here else "no",
    )


def _span(time: timedelta) -> str:
    """Return a span of time in its two largest units. Clocks of two machines may differ a bit."""
    seconds = max(int(time.total_seconds()), 0)
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
