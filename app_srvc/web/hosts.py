"""Refuse requests for a host whose name none can have."""

from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response


class Checked:
    """A WSGI application behind a check of the Host header.

    Without a host no address can be made, so not even an error page could be shown.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or answer 400."""
        try:
            environ.get("HTTP_HOST", "").encode("idna")
        except UnicodeError:
            refused = Response("The Host header is no name of a host.\n", 400)
            return refused(environ, start_response)
        answer: Iterable[bytes] = self.app(environ, start_response)
        return answer
