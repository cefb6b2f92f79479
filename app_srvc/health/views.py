"""Probes: is the process alive, and can it do its work?"""

from collections.abc import Callable

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app_srvc import db, engines, storage
from app_srvc.accounts import access
from app_srvc.errors import AppError
from app_srvc.health import repository

bp = Blueprint("health", __name__)
bp.before_request(access.anyone)


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """Answer: the process is alive. It asks nobody else."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say whether submissions can be accepted: database and storage, the queue only as a note.

    Without the queue's server submissions are recorded and delivered later.
    """
    checks = {"database": _works(_check_database), "storage": _works(_check_storage)}
    is_ready = all(checks.values())
    checks["queue"] = engines.current().is_up()
    shown = {name: "ok" if works else "down" for name, works in checks.items()}
    return jsonify(status="ok" if is_ready else "down", **shown), 200 if is_ready else 503


def _works(check: Callable[[], None]) -> bool:
    try:
        check()
    except (AppError, OSError):
        return False
    return True


def _check_database() -> None:
    with db.transaction() as conn:
        repository.check(conn)


def _check_storage() -> None:
    storage.current().check_room(0)
