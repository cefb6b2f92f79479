"""Where records come from, if not through the inbox."""

from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.repository.loops import Processor
from app_srvc.processors.sources import postgresql
from app_srvc.words import _

_FETCH = {"postgresql": postgresql.fetch}


def fetch(processor: Processor, limit: int) -> None:
    """Take at most so many new records in.

    Raises:
        Failure: the source cannot be read.
    """
    if processor.source not in _FETCH:
        raise WrongConfiguration(_("This server has no source “%(name)s”.", name=processor.source))
    _FETCH[processor.source](processor, limit)
