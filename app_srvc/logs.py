"""One shape for every log line, with the request or the job that it belongs to."""

import logging
import logging.config
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app_srvc import settings

_about: ContextVar[str] = ContextVar("about", default="-")

_FORMATTERS = {
    "text": {
        "class": "logging.Formatter",
        "format": "%(asctime)s %(levelname)-7s [%(about)s] %(name)s: %(message)s",
    },
    "json": {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": "%(asctime)s %(levelname)s %(about)s %(name)s %(message)s %(process)d",
        "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
    },
}


class AboutFilter(logging.Filter):
    """Give each record the id of the request or job during which it was written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, with its `about`."""
        record.about = _about.get()
        return True


class WithoutQueries(logging.Filter):
    """Cut the query, which may hold a secret, out of every address in a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, with its addresses cut."""
        record.msg, record.args = re.sub(r"\?\S*", "?…", record.getMessage()), ()
        return True


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Mark the log lines written inside as belonging to `subject`, a request's or job's id."""
    token = _about.set(subject)
    try:
        yield
    finally:
        _about.reset(token)


def set_subject(subject: str) -> None:
    """Mark all further log lines of this thread, until they are marked otherwise."""
    _about.set(subject)


def subject() -> str:
    """Return the id that log lines carry just now, or '-'."""
    return _about.get()


def configure() -> None:
    """Send this process's log to standard error in the shape that LOG_FORMAT asks for."""
    wanted = settings.load()
    logging.Formatter.converter = time.gmtime
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"about": {"()": AboutFilter}},
            "formatters": {"lines": _FORMATTERS[wanted.log_format]},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "filters": ["about"],
                    "formatter": "lines",
                },
            },
            "root": {"level": wanted.log_level, "handlers": ["stderr"]},
            "loggers": {
                # rq says a lot at INFO; the job's own lines say it with the job's id.
                "rq": {"level": "WARNING"},
                "rq.worker": {"level": "WARNING"},
                "rq.job": {"level": "WARNING"},
                # These tell at INFO each address, and at DEBUG the sound and the words.
                "openai": {"level": "WARNING"},
                "httpx2": {"level": "WARNING"},
                "httpcore2": {"level": "WARNING"},
                "faster_whisper": {"level": "WARNING"},
                # At DEBUG these tell how a request was signed.
                "botocore": {"level": "WARNING"},
                "urllib3": {"level": "WARNING"},
            },
        }
    )
