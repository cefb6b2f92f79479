"""The servers for queues that a home starts: those that its environment does not name."""

from collections.abc import Callable
from pathlib import Path

from app_srvc.launching import rabbitmq, servers
from app_srvc.launching.servers import Server
from app_srvc.settings.queues import CELERY_SCHEMES

# As the URL of a queue: that of the RabbitMQ that is started here.
OWN_RABBITMQ = "rabbitmq"


def start(home: Path, run: Path, env: dict[str, str], begin: Callable[[Server], None]) -> None:
    """Begin a RabbitMQ where one is asked for, and besides, or else, a Redis, which quick calls
    need; and write their addresses into `env`.

    Raises:
        CannotStart: one of them cannot be begun.
    """
    wanting = [name for name, url in env.items() if _is_address(name) and url == OWN_RABBITMQ]
    if wanting:
        server = rabbitmq.rabbitmq_server(home)
        begin(server)
        env |= dict.fromkeys(wanting, server.url)
    is_celery = env.get("QUEUE_URL", "").startswith(CELERY_SCHEMES)
    name = "CALLS_QUEUE_URL" if is_celery else "QUEUE_URL"
    if name not in env:
        server = servers.redis_server(home, run)
        begin(server)
        env[name] = server.url


def _is_address(name: str) -> bool:
    return name == "QUEUE_URL" or name.endswith("_QUEUE_URL")
