"""Figures for Prometheus: `/metrics`."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from app_srvc.accounts import access
from app_srvc.health import checks, requests
from app_srvc.health.collecting import FromDatabase, FromHere
from app_srvc.health.limits import OfLimits
from app_srvc.web.negotiation import for_programs

bp = for_programs(Blueprint("metrics", __name__))
bp.before_request(access.monitors)


@bp.get("/metrics")
def show() -> ResponseReturnValue:
    """Tell all figures as they are now; whichever web process is asked, they are the same."""
    found = checks.run()
    registry = CollectorRegistry()
    registry.register(FromHere(found))
    if checks.has_tables(found):
        registry.register(FromDatabase())
        registry.register(OfLimits())
    requests.add_to(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
