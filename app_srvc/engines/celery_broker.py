"""Jobs through Celery: the application that speaks its protocol, its queues, and connections.

Each queue of ours is two at the broker: what is put at the front goes into one of its own, which
is looked into first. Both are quorum queues, kept by a majority of the servers of a cluster.
"""

from functools import cache
from typing import Any

from celery import Celery
from kombu import Connection, Exchange, Queue

from app_srvc.engines.protocol import Delivery
from app_srvc.settings.queues import CELERY_ON_REDIS

# Behind the name of a queue; no queue of ours has a dot in its name.
FRONT = ".front"
# Whether operators see the job in Flower; a header of ours, beside those of Celery.
SHOWN = "cherha_shown"
_DURABLE = 2
_QUORUM = {"x-queue-type": "quorum"}


@cache
def app_at(url: str) -> Celery:
    """Return the application for a broker. It knows no task: nothing that a message names is
    imported."""
    app = Celery("cherha", broker=_kombu_url(url), set_as_current=False, autofinalize=False)
    app.conf.update(
        accept_content=["json"],
        event_serializer="json",
        task_serializer="json",
        # What a worker tells Flower is of no use a minute later.
        event_queue_ttl=60,
        event_queue_expires=60,
        broker_connection_retry_on_startup=True,
    )
    return app


def connect(
    url: str, connect_seconds: float, answer_seconds: float, heartbeat_seconds: int = 0
) -> Connection:
    """Open a connection; so long an attempt may last, and any answer later.

    Raises:
        Exception: one of `errors_of(url)`.
    """
    options = {} if _speaks_amqp(url) else {"socket_connect_timeout": connect_seconds}
    connection = app_at(url).connection_for_write(
        connect_timeout=connect_seconds, heartbeat=heartbeat_seconds, transport_options=options
    )
    try:
        connection.connect()
    except BaseException:
        connection.collect()
        raise
    sock = socket_of(connection)
    if sock is not None:
        sock.settimeout(answer_seconds)
    return connection


def errors_of(url: str) -> tuple[type[BaseException], ...]:
    """Return what is raised when the broker is away, or does not do as it is told."""
    connection = app_at(url).connection_for_write()
    return (*connection.connection_errors, *connection.channel_errors, OSError)


def socket_of(connection: Connection) -> Any:
    """Return the socket of a connection, to wait on; None for a broker that is not RabbitMQ."""
    return getattr(connection.connection, "sock", None)


def queues_of(name: str) -> list[Queue]:
    """Return the two that a queue is, in the order in which they are looked into."""
    return [_queue(name + FRONT), _queue(name)]


def message_of(url: str, job: Delivery) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Return body, headers and properties of the message that delivers a job.

    It names the task for operators to read; the id is all that a worker takes from it.
    """
    message = app_at(url).amqp.as_task_v2(
        job.id,
        job.task,
        args=[job.id],
        time_limit=job.timeout_seconds,
        ignore_result=True,
    )
    headers = {**message.headers, SHOWN: job.is_shown}
    return message.body, headers, {**message.properties, "delivery_mode": _DURABLE}


def _queue(name: str) -> Queue:
    return Queue(name, Exchange(""), routing_key=name, queue_arguments=_QUORUM)


def _speaks_amqp(url: str) -> bool:
    return not url.startswith(CELERY_ON_REDIS)


def _kombu_url(url: str) -> str:
    """Return the address as kombu writes it."""
    own = url.removeprefix(CELERY_ON_REDIS)
    return own.replace("unix://", "redis+socket://", 1) if own.startswith("unix://") else own
