"""Quick calls through Redis and rq: a worker for as long as the process is to work."""

import logging
import time
from contextlib import suppress

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from rq.exceptions import StopRequested

from app_srvc.engines.rq_clients import UNNAMED
from app_srvc.engines.rq_slots import Slots
from app_srvc.engines.rq_warm import TICK_SECONDS, WarmWorker

log = logging.getLogger(__name__)

RESTART_SECONDS = 0.5


def work(slots: Slots, threads: int) -> None:
    """Answer calls until told to stop, through whatever happens to Redis."""
    connection = redis.Redis.from_url(
        slots.url,
        socket_timeout=3.0,
        socket_connect_timeout=1.0,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 1),
        driver_info=UNNAMED,
    )
    slots.start(threads)
    try:
        with suppress(StopRequested):
            is_down = False
            while not slots.attendant.is_told_to_stop():
                is_down = not _work_once(slots, connection, was_down=is_down)
        _drain(slots, connection)
    except SystemExit:
        slots.give_back()
        raise


def _work_once(slots: Slots, connection: redis.Redis, *, was_down: bool) -> bool:
    """Be a worker until that is over; False when Redis does not answer."""
    slots.attendant.beat()
    try:
        worker = WarmWorker(slots, connection)
        # One of the same name that could not say goodbye while Redis was away.
        connection.delete(worker.key)
        worker.work(logging_level=None)
    except (redis.RedisError, OSError) as error:
        level = logging.DEBUG if was_down else logging.WARNING
        log.log(level, "redis does not answer, trying again: %s", error)
        time.sleep(RESTART_SECONDS)
        return False
    if not slots.attendant.is_told_to_stop():
        time.sleep(RESTART_SECONDS)
    return True


def _drain(slots: Slots, connection: redis.Redis) -> None:
    """Wait for what runs, which may happen without a worker while Redis is away."""
    while not slots.are_idle():
        slots.close(connection)
        slots.attendant.beat()
        slots.give_up_overdue()
        time.sleep(TICK_SECONDS)
