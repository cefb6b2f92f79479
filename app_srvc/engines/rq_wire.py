"""Quick calls through Redis and rq: what is said thousands of times a second, and nothing besides.

A command through redis-py's client passes a pool with its locks, retries, and counts for whoever
watches; three of them make a call, and would take it longer than its own work does.
"""

import hashlib
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import redis
from redis.exceptions import NoScriptError

Word = str | bytes | int


class Wire:
    """A connection for one thread at a time. Each method raises what redis-py's clients do."""

    def __init__(self, client: redis.Redis) -> None:
        self._connection: Any = client.connection_pool.make_connection()
        self._pid = os.getpid()

    def say(self, *words: Word) -> Any:
        """Say a command, and return the answer."""
        self.send(*words)
        return self.hear()

    def run(self, script: str, *words: Word) -> Any:
        """Run a script, and return what it returns; sent whole where Redis does not know it."""
        try:
            return self.say("EVALSHA", _digest(script), 0, *words)
        except NoScriptError:
            return self.say("EVAL", script, 0, *words)

    def send(self, *words: Word) -> None:
        """Say something whose answer is heard later."""
        connection = self._connection
        connection.send_packed_command(connection.pack_command(*words), check_health=False)

    def hear(self) -> Any:
        """Return the next answer."""
        return self._connection.read_response()

    def overhear(self) -> Any:
        """Return the next message to a subscriber; one that does not come in time breaks nothing.

        Raises:
            redis.TimeoutError: there was none.
        """
        return self._connection.read_response(disconnect_on_error=False, push_request=True)

    def is_fit(self) -> bool:
        """Say whether it can be used on; one that the server has closed connects anew."""
        if self._pid != os.getpid():
            return False  # The parent's.
        if self._connection.is_connected and not self._is_quiet():
            self.close()
        return True

    def _is_quiet(self) -> bool:
        try:
            return not self._connection.can_read()
        except redis.ConnectionError:
            return False

    def close(self) -> None:
        """End the connection; what is said next opens another."""
        self._connection.disconnect()


class Wires:
    """Connections to one server, as many as there are threads that speak at once."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._idle: deque[Wire] = deque()

    @contextmanager
    def lend(self) -> Iterator[Wire]:
        """Lend one of them."""
        wire = self._take()
        try:
            yield wire
        finally:
            self._idle.append(wire)

    def _take(self) -> Wire:
        while True:
            try:
                wire = self._idle.pop()
            except IndexError:
                return Wire(self._client)
            if wire.is_fit():
                return wire


@cache
def _digest(script: str) -> str:
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
