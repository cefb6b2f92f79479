"""gunicorn's threads, made safe against clients that dawdle; gunicorn.conf.py names the class.

In gunicorn 27 a client that sends half a request holds its thread for ever, and one that keeps
its side open after `Connection: close` stops the accepting of all others for two seconds.
"""

from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from app_srvc.web import patience

# For the head of a request, and for the body of a form without files.
REQUEST_SECONDS = 20.0
_WITH_BODY = {"CONTENT-LENGTH", "TRANSFER-ENCODING"}


class Threads(ThreadWorker):
    """A thread for each request."""

    def handle(self, conn: TConn) -> Any:
        """Serve a connection's next request; where there is to be none, close it here.

        gunicorn would close it in the thread that accepts connections.
        """
        sock = conn.sock
        patience.allow(sock, REQUEST_SECONDS)
        try:
            keep = super().handle(conn)
        finally:
            patience.forgive(sock)
        if not keep:
            conn.close(graceful=True)
            conn.close = _closed_already
        return keep

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Serve a request whose head has come. What has no body has come whole."""
        if not any(name in _WITH_BODY for name, _ in req.headers):
            patience.forgive(conn.sock)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Cut off whoever is too slow; gunicorn calls this once a second."""
        super().murder_pending()
        patience.cut_off_late()


def _closed_already(*, graceful: bool = False) -> None:
    """Take the place of a closed connection's `close`."""
