"""Jobs through Celery: orders to workers that run already, by the mailbox that each has.

They have the form of Celery's own, so that `celery inspect` and Flower are understood, too.
"""

import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kombu import Consumer, Exchange, Producer, Queue
from kombu.pidbox import Mailbox

# For so long workers are waited for that are asked something, in seconds.
ASK_SECONDS = 0.4

# As Celery has it by default; whoever declares the same otherwise is refused.
_mailbox = Mailbox("celery", type="fanout", queue_ttl=300, queue_expires=10)

Handler = Callable[..., Any]


def revoke(channel: Any, job_id: str) -> None:
    """Tell all workers to stop a job."""
    _send(channel, "revoke", {"task_id": job_id, "terminate": True})


def shut_down(channel: Any, name: str, *, now: bool) -> None:
    """Tell a worker to stop."""
    _send(channel, "shutdown", {"now": now}, [name])


def told_to_stop(channel: Any, names: Sequence[str]) -> Collection[str]:
    """Ask workers whether they have been, and return those that say yes in time."""
    answers: dict[str, Any] = {}

    def hear(message: Any) -> None:
        with suppress(ValueError, TypeError):
            answers.update(message.decode())

    address = str(uuid.uuid4())
    exchange = _reply_exchange(_mailbox.reply_exchange.name)
    mine = Queue(address, exchange, routing_key=address, durable=False, auto_delete=True)
    consumer = Consumer(channel, [mine], on_message=hear, no_ack=True, accept=["json"])
    with consumer:
        reply_to = {"exchange": exchange.name, "routing_key": address}
        _send(channel, "told_to_stop", {}, list(names), ticket=address, reply_to=reply_to)
        deadline = time.monotonic() + ASK_SECONDS
        while len(answers) < len(names) and (left := deadline - time.monotonic()) > 0:
            with suppress(TimeoutError):
                channel.connection.client.drain_events(timeout=left)
    return {name for name in names if answers.get(name) is True}


class Letterbox:
    """A worker's mailbox, on a channel of the worker's connection."""

    def __init__(self, channel: Any, name: str, handlers: Mapping[str, Handler]) -> None:
        """Take in orders from now on. The handlers get what an order says by name."""
        self._name = name
        self._handlers = handlers
        self._channel = channel
        self._producer = Producer(channel, auto_declare=False)
        self._consumer = Consumer(
            channel, [_mailbox.get_queue(name)], on_message=self._hear, no_ack=True,
            accept=["json"],
        )  # fmt: skip
        self._consumer.consume()

    def _hear(self, message: Any) -> None:
        """Do as one says that is meant for this worker; what nobody can understand is ignored:
        whoever can write to the broker can write anything."""
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            told: dict[str, Any] = message.decode()
            meant = told.get("destination")
            if (meant and self._name not in meant) or told.get("pattern"):
                return
            answer = self._handlers[told["method"]](**(told.get("arguments") or {}))
            if told.get("reply_to"):
                self._answer(answer, told["reply_to"], told.get("ticket"))

    def _answer(self, answer: Any, reply_to: Mapping[str, str], ticket: str | None) -> None:
        self._producer.publish(
            {self._name: answer}, routing_key=reply_to["routing_key"], serializer="json",
            exchange=reply_to["exchange"], declare=[_reply_exchange(reply_to["exchange"])],
            headers={"ticket": ticket, "clock": 1},
        )  # fmt: skip


def _send(
    channel: Any,
    method: str,
    arguments: dict[str, Any],
    names: list[str] | None = None,
    **more: Any,
) -> None:
    told = {
        "method": method, "arguments": arguments, "destination": names, "pattern": None,
        "matcher": None, **more,
    }  # fmt: skip
    exchange = _mailbox.exchange
    Producer(channel, auto_declare=False).publish(
        told, exchange=exchange.name, routing_key="", declare=[exchange], serializer="json",
        headers={"clock": 1, "expires": 0},
    )  # fmt: skip


def _reply_exchange(name: str) -> Exchange:
    return Exchange(name, "direct", durable=False, delivery_mode="transient")
