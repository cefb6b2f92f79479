"""Jobs and quick calls through Redis: clients that do not keep anybody waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app_srvc.errors import EngineDown

# A request waits for nothing longer: redis-py's own defaults take 3.5 s to notice a server
# that is down and 59 s for one that hangs.
PATIENCE_SECONDS = 0.4
# What a connection tells Redis of the library. To say its version, redis-py reads and parses the
# description of its own package, anew for each connection: 4 ms of processor.
UNNAMED = None


def client(
    url: str, *, connect_seconds: float, answer_seconds: float, **options: Any
) -> redis.Redis:
    """Return a client that tries everything once."""
    made: redis.Redis = redis.Redis.from_url(
        url,
        socket_connect_timeout=connect_seconds,
        socket_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 0),
        driver_info=UNNAMED,
        **options,
    )
    return made


@contextmanager
def redis_or_down() -> Iterator[None]:
    """Run a block that speaks to Redis.

    Raises:
        EngineDown: Redis does not answer, or only with a fault.
    """
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise EngineDown(f"redis: {error}") from error
