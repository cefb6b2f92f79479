"""Page or JSON: what whoever asks wants to read."""

from flask import request

_FOR_PROGRAMS = ("/api/", "/stt/task", "/stt/native")


def wants_json() -> bool:
    """Say whether the answer goes to a program."""
    if request.path.startswith(_FOR_PROGRAMS):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]
