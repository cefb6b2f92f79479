"""The overview for programs, as JSON."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.ops import presenting, snapshot
from app_srvc.web.negotiation import for_programs

bp = for_programs(Blueprint("ops_api", __name__, url_prefix="/api/ops"))
bp.before_request(access.only_operators)


@bp.get("")
def show() -> ResponseReturnValue:
    """Tell everything; `well` is false while `problems` has any."""
    return jsonify(presenting.as_json(snapshot.take()))
