"""Page or JSON: what whoever asks wants to read."""

from flask import Blueprint, current_app, request

_FOR_PROGRAMS = "/api/"


def for_programs(bp: Blueprint) -> Blueprint:
    """Mark a blueprint that only programs ask; its answers and errors are JSON."""
    bp.is_for_programs = True  # type: ignore[attr-defined]
    return bp


def wants_json() -> bool:
    """Say whether the answer goes to a program."""
    bp = current_app.blueprints.get(request.blueprint or "")
    if getattr(bp, "is_for_programs", False) or request.path.startswith(_FOR_PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def is_browser() -> bool:
    """Say whether a person looks at the answer."""
    return "text/html" in request.headers.get("Accept", "")
