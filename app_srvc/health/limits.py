"""Figures about limits: how much is let in, how much is in, and how often somebody was refused."""

import logging
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app_srvc import db
from app_srvc.admission import overview, places, refusals
from app_srvc.admission.overview import Row
from app_srvc.admission.refusals import Kind
from app_srvc.calls import known as known_calls
from app_srvc.errors import DatabaseDown

log = logging.getLogger(__name__)


class OfLimits(Collector):
    """All limits there are, by kind and name, as the code and the settings call them."""

    def collect(self) -> Iterable[Metric]:
        """Read what all processes have counted; nothing while the database is away."""
        try:
            refusals.flush()
            of_calls = places.standings([call.name for call in known_calls.every()])
            with db.transaction() as conn:
                rows = overview.rows(conn, of_calls)
        except DatabaseDown:
            log.info("the database does not answer; a monitor is told nothing of limits")
            return
        yield from _metrics(rows)


def _metrics(rows: Iterable[Row]) -> Iterable[Metric]:
    of_limit = ["kind", "limit"]
    refused = CounterMetricFamily(
        "cherha_refusals", "Requests that were refused by a limit.", labels=of_limit
    )
    uncounted = CounterMetricFamily(
        "cherha_let_in_uncounted",
        "Requests that were let in as the server that counts clients did not answer.",
        labels=["limit"],
    )
    most = GaugeMetricFamily("cherha_limit", "How many may be in at once.", labels=of_limit)
    taken = GaugeMetricFamily("cherha_limit_taken", "How many of those are in.", labels=of_limit)
    for row in rows:
        kind, name = row.standing.limit
        refused.add_metric([kind, name], row.refused.total)
        if kind is Kind.RATE:
            uncounted.add_metric([name], row.opened.total)
            continue
        if row.standing.most is not None:
            most.add_metric([kind, name], row.standing.most)
        if row.standing.taken is not None:
            taken.add_metric([kind, name], row.standing.taken)
    return refused, uncounted, most, taken
