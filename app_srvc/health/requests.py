"""Counts what the web has answered, and how long that took, in all its processes together.

The labels are names that the code has: no address, no host and no word of whoever asks.
"""

import logging
import os
import time
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from app_srvc.health import folder

log = logging.getLogger(__name__)

# The methods that some address takes; whatever else is sent counts as one.
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

_in_memory = CollectorRegistry()
_answers = Counter(
    "cherha_http_requests_total",
    "Requests that were answered.",
    ("method", "endpoint", "status"),
    registry=_in_memory,
)
_seconds = Histogram(
    "cherha_http_request_seconds",
    "Time until the answer began.",
    ("endpoint",),
    buckets=SECONDS,
    registry=_in_memory,
)


def init(app: Flask) -> None:
    """Count each answer of the application."""
    app.after_request(_count)


def add_to(registry: CollectorRegistry) -> None:
    """Let a registry tell what was counted: by all processes, or where there is but one, by it."""
    shared = os.environ.get(folder.VARIABLE)
    if shared is None:
        registry.register(_in_memory)
    elif Path(shared).is_dir():
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]


def _count(response: Response) -> Response:
    method = request.method if request.method in METHODS else "other"
    endpoint = request.endpoint or "none"
    try:
        _answers.labels(method, endpoint, f"{response.status_code // 100}xx").inc()
        _seconds.labels(endpoint).observe(time.monotonic() - g.began)
    except OSError as error:
        # A folder that somebody has swept away costs a count, and no answer.
        log.warning("an answer is not counted: %s", error)
    return response
