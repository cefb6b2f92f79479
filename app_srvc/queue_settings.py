"""The settings about queues: which server carries which, and where Flower shows those of Celery."""

from collections.abc import Iterable, Sequence

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from app_srvc.queues import Queue

RQ_SCHEMES = ("redis://", "rediss://", "unix://")
# With Redis in the place of RabbitMQ, to try Celery where there is none.
CELERY_ON_REDIS = "celery+"
CELERY_SCHEMES = (
    "amqp://", "amqps://", *(f"{CELERY_ON_REDIS}{scheme}" for scheme in RQ_SCHEMES)
)  # fmt: skip
# Quick calls count their places in Redis.
_CALLS = "calls-"


class QueueSettings(BaseSettings):
    """What an operator can set about queues. There is one server of a kind, if any."""

    queue_url: str
    stt_queue_url: str | None = None
    stt_segments_queue_url: str | None = None
    usrreg_queue_url: str | None = None
    mail_queue_url: str | None = None
    cycles_queue_url: str | None = None
    records_queue_url: str | None = None

    # Of all levels of quick calls.
    calls_queue_url: str | None = None

    flower_url: str | None = Field(
        default=None, pattern=r"^(unix:///.+|http://[^\s/?#@]+:[0-9]+/?)$"
    )

    @field_validator(
        "queue_url",
        "stt_queue_url",
        "stt_segments_queue_url",
        "usrreg_queue_url",
        "mail_queue_url",
        "cycles_queue_url",
        "records_queue_url",
        "calls_queue_url",
    )
    @classmethod
    def _engine_is_known(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith((*RQ_SCHEMES, *CELERY_SCHEMES)):
            raise ValueError("must begin with redis://, rediss://, unix://, amqp:// or amqps://")
        return url

    @model_validator(mode="after")
    def _there_is_one_server_of_a_kind(self) -> "QueueSettings":
        urls = [self.url_of(queue) for queue in Queue]
        for name, schemes in (("Redis", RQ_SCHEMES), ("RabbitMQ", CELERY_SCHEMES)):
            if len({url for url in urls if url.startswith(schemes)}) > 1:
                raise ValueError(f"the queues on {name} must have the same URL")
        for queue in Queue:
            if queue.startswith(_CALLS) and self.url_of(queue).startswith(CELERY_SCHEMES):
                raise ValueError("quick calls need a Redis: set CALLS_QUEUE_URL to one")
        return self

    def url_of(self, queue: str) -> str:
        """Return the address of the server that carries a queue."""
        own: str | None = getattr(self, _name_of(queue), None)
        return own or self.queue_url

    @property
    def redis_url(self) -> str | None:
        """The address of the Redis that carries queues with rq; None when none does."""
        return _first(map(self.url_of, Queue), RQ_SCHEMES)

    @property
    def celery_url(self) -> str | None:
        """The address of the server that carries queues with Celery; None when none does."""
        return _first(map(self.url_of, Queue), CELERY_SCHEMES)


def _name_of(queue: str) -> str:
    name = "calls" if queue.startswith(_CALLS) else queue.replace("-", "_")
    return f"{name}_queue_url"


def _first(urls: Iterable[str], schemes: Sequence[str]) -> str | None:
    return next((url for url in urls if url.startswith(tuple(schemes))), None)
