"""A service on this machine that speaks the protocols of remote recognisers, with their faults."""

import email
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What the service answers next, until it stops: one that hangs nothing, one that drips a byte
    now and then."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    hangs: bool = False
    drips: bool = False


class Request(NamedTuple):
    """What the service was asked."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parts(self) -> dict[str, list[bytes]]:
        """The parts of a form, by name."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        found: dict[str, list[bytes]] = {}
        for part in email.message_from_bytes(head + self.body).get_payload():
            name: Any = part.get_param("name", header="Content-Disposition")  # type: ignore[union-attr]
            found.setdefault(name, []).append(part.get_payload(decode=True))  # type: ignore[union-attr, arg-type]
        return found


HANG = Answer(hangs=True)
DRIP = Answer(drips=True)
DOWN = Answer(b"{}", 503)


def as_json(answer: object) -> Answer:
    """Return an answer of success."""
    return Answer(json.dumps(answer).encode(), headers={"Content-Type": "application/json"})


class Service:
    """Gives the answers in order, the last one for ever, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[Request] = []
        self._closing = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.title(): value for name, value in self.headers.items()}
                service.requests.append(Request(self.path, headers, body))
                answers = service.answers
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if answer.hangs:
                    service._closing.wait()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                size = 10**6 if answer.drips else len(answer.body)
                self.send_header("Content-Length", str(size))
                self.end_headers()
                while answer.drips and not service._closing.wait(0.1):
                    self.wfile.write(b" ")
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
