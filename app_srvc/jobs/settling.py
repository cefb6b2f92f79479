"""What a worker still has to settle: jobs whose processes are gone."""

import logging
from typing import NamedTuple

from app_srvc import db, logs
from app_srvc.errors import DatabaseDown
from app_srvc.jobs import charges, submission

log = logging.getLogger(__name__)


class _Left(NamedTuple):
    """What has ended, and is not settled."""

    job_id: str
    charge: charges.Charge
    given_back: bool


class Unsettled:
    """What has ended, in order; used by one thread at a time."""

    def __init__(self) -> None:
        self._left: list[_Left] = []

    def add(self, job_id: str, charge: charges.Charge, *, given_back: bool) -> None:
        """Note that it has ended."""
        self._left.append(_Left(job_id, charge, given_back))

    def settle(self) -> None:
        """Settle all of it. Only while none of it runs again: that is held by the same name.

        What cannot be settled for another reason than the database is left to its lease: it must
        not keep the worker from everything else.

        Raises:
            DatabaseDown: it is settled later.
        """
        while self._left:
            left = self._left[0]
            is_waiting = False
            try:
                is_waiting = _settle(left)
            except DatabaseDown:
                raise
            except Exception:
                log.exception("%s is left to its lease", left.job_id)
            self._left.pop(0)
            if is_waiting:
                submission.redeliver(left.job_id)


def _settle(left: _Left) -> bool:
    """Settle one, and say whether it is to be delivered again. Mostly a look is enough."""
    with logs.about(left.job_id):
        with db.transaction(is_one_statement=True) as conn:
            if not left.charge.is_left(conn):
                return False
        with db.transaction() as conn:
            return left.charge.settle(conn, given_back=left.given_back)
