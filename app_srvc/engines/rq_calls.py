"""Quick calls through Redis and rq: the side of whoever waits for them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.utils import as_text, utcformat

from app_srvc.engines import rq_scripts, rq_warming
from app_srvc.engines.calls import Answer, CallAttendant, Let, Order, Standing, Waiting
from app_srvc.engines.rq_slots import Slots
from app_srvc.errors import EngineDown

# A caller hears of a server that hangs within half a second.
PATIENCE_SECONDS = 0.4
# An order of which nothing is left but its hash.
LONGEST_LIFE_SECONDS = 3600
# How long a subscriber hears nothing before it asks whether the server is still there.
SILENCE_SECONDS = 10.0


class RqCalls:
    """One Redis server. A place is held for `lease_seconds`, unless it is renewed."""

    def __init__(self, url: str, lease_seconds: int) -> None:
        self.url = url
        self.lease_ms = 1000 * lease_seconds

    def submit(self, order: Order, limit: int, most_waiting: int) -> Let:
        """Let the order in, and put it into its queue as rq would."""
        words = [
            order.id, order.place, limit, self.lease_ms, order.queue, most_waiting,
            LONGEST_LIFE_SECONDS, order.call, order.signed, order.reply_to, order.timeout_seconds,
            utcformat(datetime.now(UTC)),
        ]  # fmt: skip
        with _redis_or_down():
            return Let(self._submit(args=words))

    def reserve(self, job_id: str, place: str, limit: int) -> bool:
        """Let the job in."""
        with _redis_or_down():
            return bool(self._submit(args=[job_id, place, limit, self.lease_ms]))

    def release(self, job_id: str, place: str) -> None:
        """Give its place back."""
        with _redis_or_down():
            self._client.zrem(f"cherha:places:{place}", job_id)

    def withdraw(self, order: Order) -> bool:
        """Take it out of its list, with all that there is of it."""
        with _redis_or_down():
            return bool(self._withdraw(args=[order.id, order.place, order.queue]))

    def keep(self, call_id: str, owner: str, seconds: int) -> Answer | None:
        """Mark its hash."""
        with _redis_or_down():
            found = self._keep(args=[call_id, owner, seconds])
        return Answer(as_text(found[0]), as_text(found[1])) if found else None

    def find(self, call_id: str) -> Standing | None:
        """Read its hash."""
        with _redis_or_down():
            found = [_text(word) for word in self._find(args=[call_id])]
        if not found:
            return None
        owner, kind, body = found
        return Standing(owner, Answer(kind, body) if kind else None)

    def look(self, waiting: Sequence[Waiting]) -> dict[str, Answer | None]:
        """Ask for all of them at once."""
        words: list[str | int] = [self.lease_ms]
        for one in waiting:
            words += [one.id, one.place, int(one.has_row)]
        with _redis_or_down():
            told = [as_text(word) for word in self._look(args=words)]
        return {
            told[n]: None if told[n + 1] == "gone" else Answer(told[n + 1], told[n + 2])
            for n in range(0, len(told), 3)
        }

    def taken(self, places: Sequence[str]) -> list[int]:
        """Count what has not run out."""
        with _redis_or_down():
            return [int(number) for number in self._taken(args=list(places))]

    def listen(
        self, reply_to: str, tell: Callable[[str, Answer], None], ready: Callable[[], None]
    ) -> None:
        """Subscribe, and hear until the connection breaks.

        Raises:
            EngineDown: it has.
        """
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1.0, socket_timeout=5.0)
        with _redis_or_down(), client, client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(reply_to)
            while True:
                message = pubsub.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    pubsub.ping()
                elif message["type"] == "subscribe":
                    ready()
                elif message["type"] == "message":
                    call_id, kind, body = message["data"].decode().split(" ", 2)
                    tell(call_id, Answer(kind, body))

    def work(
        self, queues: Sequence[str], name: str, attendant: CallAttendant, threads: int
    ) -> None:
        """Run a warm worker."""
        rq_warming.work(Slots(self.url, queues, name, attendant, self.lease_ms), threads)

    @cached_property
    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self.url,
            socket_connect_timeout=PATIENCE_SECONDS,
            socket_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    @cached_property
    def _submit(self) -> Any:
        return self._client.register_script(rq_scripts.SUBMIT)

    @cached_property
    def _withdraw(self) -> Any:
        return self._client.register_script(rq_scripts.WITHDRAW)

    @cached_property
    def _keep(self) -> Any:
        return self._client.register_script(rq_scripts.KEEP)

    @cached_property
    def _find(self) -> Any:
        return self._client.register_script(rq_scripts.FIND)

    @cached_property
    def _look(self) -> Any:
        return self._client.register_script(rq_scripts.LOOK)

    @cached_property
    def _taken(self) -> Any:
        return self._client.register_script(rq_scripts.TAKEN)


def _text(value: object) -> str:
    return as_text(value) if isinstance(value, bytes | str) else ""


@contextmanager
def _redis_or_down() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise EngineDown(f"redis: {error}") from error
