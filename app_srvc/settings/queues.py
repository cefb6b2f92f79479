"""The settings about queues: which server carries which, and where Flower shows those of Celery."""

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from app_srvc.queues import CALLS, Queue

RQ_SCHEMES = ("redis://", "rediss://", "unix://")
# With Redis in the place of RabbitMQ, to try Celery where there is none.
CELERY_ON_REDIS = "celery+"
CELERY_SCHEMES = (
    "amqp://", "amqps://", *(f"{CELERY_ON_REDIS}{scheme}" for scheme in RQ_SCHEMES)
)  # fmt: skip


class QueueSettings(BaseSettings):
    """What an operator can set about queues. There is one server of a kind, if any."""

    queue_url: str
    stt_queue_url: str | None = None
    stt_segments_queue_url: str | None = None
    detection_queue_url: str | None = None
    usrreg_queue_url: str | None = None
    mail_queue_url: str | None = None
    webhooks_queue_url: str | None = None
    cycles_queue_url: str | None = None
    records_queue_url: str | None = None

    # Of all levels of quick calls, and of what is counted for limits: both need a Redis.
    calls_queue_url: str | None = None

    flower_url: str | None = Field(
        default=None, pattern=r"^(unix:///.+|http://[^\s/?#@]+:[0-9]+/?)$"
    )

    @field_validator(
        "queue_url",
        "stt_queue_url",
        "stt_segments_queue_url",
        "detection_queue_url",
        "usrreg_queue_url",
        "mail_queue_url",
        "webhooks_queue_url",
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
        if not self.redis_url.startswith(RQ_SCHEMES):
            raise ValueError(
                "quick calls, and the limits of clients, need a Redis besides RabbitMQ:"
                " set CALLS_QUEUE_URL to one"
            )
        return self

    def url_of(self, queue: str) -> str:
        """Return the address of the server that carries a queue."""
        own: str | None = getattr(self, _name_of(queue), None)
        return own or self.queue_url

    @property
    def redis_url(self) -> str:
        """The address of the Redis: that of quick calls, and so of all queues on rq."""
        return self.url_of(CALLS[0])

    @property
    def celery_url(self) -> str | None:
        """The address of the server that carries queues with Celery; None when none does."""
        urls = map(self.url_of, Queue)
        return next((url for url in urls if url.startswith(CELERY_SCHEMES)), None)


def _name_of(queue: str) -> str:
    return f"{'calls' if queue in CALLS else queue.replace('-', '_')}_queue_url"
