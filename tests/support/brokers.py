"""What tests see and do behind an engine's back, at its server."""

import json
import zlib
from typing import Any, Protocol

import redis
from kombu import Connection

from app_srvc import engines
from app_srvc.engines import celery_broker
from app_srvc.queues import Queue


class Broker(Protocol):
    """A server, as somebody sees it who has its password."""

    url: str

    def payload(self, queue: str) -> tuple[Any, bytes]:
        """Return what is in the first delivery of a queue as a worker reads it, and all of it."""

    def forge(self, queue: str, job_id: str, payload: str) -> None:
        """Put a delivery into a queue that says whatever it likes."""

    def lose(self, queue: str) -> None:
        """Lose all that is in a queue."""


class OfRq:
    """Redis, as rq uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = redis.Redis.from_url(url)

    def payload(self, queue: str) -> tuple[Any, bytes]:
        job_id = self.client.lindex(f"rq:queue:{queue}", 0)
        assert isinstance(job_id, bytes)
        stored = self.client.hgetall(f"rq:job:{job_id.decode()}")
        data = stored[b"data"]
        assert isinstance(data, bytes)
        everything = b" ".join(self.client.dump(key) or b"" for key in self.client.scan_iter())
        return json.loads(zlib.decompress(data))[2], everything

    def forge(self, queue: str, job_id: str, payload: str) -> None:
        self.client.hset(
            f"rq:job:{job_id}",
            mapping={
                "data": zlib.compress(payload.encode("latin1")),
                "origin": queue,
                "status": "queued",
                "timeout": "10",
                "success_callback_name": "os.abort",
                "failure_callback_name": "os.abort",
            },
        )
        self.client.rpush(f"rq:queue:{queue}", job_id)

    def lose(self, queue: str) -> None:
        self.client.delete(f"rq:queue:{queue}")


class OfCelery:
    """A broker of Celery's."""

    def __init__(self, url: str) -> None:
        self.url = url

    def _connect(self) -> Connection:
        return celery_broker.connect(self.url, 10, 10)

    def payload(self, queue: str) -> tuple[Any, bytes]:
        with self._connect() as connection:
            own = celery_broker.queues_of(queue)[1].bind(connection.channel())
            message = own.get()
            assert message is not None
            assert message.content_type == "application/json"
            body = message.body if isinstance(message.body, bytes) else message.body.encode()
            everything = body + json.dumps([message.headers, message.properties]).encode()
            message.requeue()
            return json.loads(body)[0], everything

    def forge(self, queue: str, job_id: str, payload: str) -> None:
        with self._connect() as connection:
            try:
                body: Any = json.loads(payload.replace("null", "0"))
            except ValueError:
                body = None
            connection.Producer().publish(
                payload if body is None else body,
                routing_key=queue, exchange="",
                serializer="json",
                headers={
                    "task": "os.system", "id": job_id, "timelimit": "soon", "lang": "py",
                    "cherha_shown": True, "callbacks": ["os.abort"],
                } if body is not None else None,
            )  # fmt: skip

    def lose(self, queue: str) -> None:
        with self._connect() as connection:
            for own in celery_broker.queues_of(queue):
                bound = own.bind(connection.channel())
                bound.queue_declare()
                bound.purge()


def empty(broker: Broker) -> None:
    """Begin with empty queues."""
    for queue in Queue:
        broker.lose(queue)


def all_waiting(queue: str) -> set[str]:
    """Return the ids that wait in a queue of rq."""
    engine: Any = engines.of(queue)
    return set(engine.waiting(queue))
