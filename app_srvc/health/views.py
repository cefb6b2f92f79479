"""Probes: is the process alive, and can it do its work?"""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.health import checks

bp = Blueprint("health", __name__)
bp.before_request(access.probes)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """Answer: the process is alive. It asks nobody else."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say whether submissions can be accepted, and what is wrong, with the queue only as a note."""
    found = checks.run()
    is_ready = all(check.is_ok for check in found if check.is_needed)
    shown: dict[str, object] = {check.name: "ok" if check.is_ok else "down" for check in found}
    wrong = {check.name: check.wrong for check in found if not check.is_ok}
    if wrong:
        shown["wrong"] = wrong
    return jsonify(status="ok" if is_ready else "down", **shown), 200 if is_ready else 503
