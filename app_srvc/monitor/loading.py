"""The package, imported where it could not be, with ours in the place of what it does wrong."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import redis
import rq.connections
from flask import Blueprint, g
from flask_wtf.csrf import CSRFError

from app_srvc.accounts import access
from app_srvc.errors import AppError, EngineDown
from app_srvc.monitor import effects, jobs, listing, queues, redis_side, safety, workers

# What rqmonitor's views call by name, and what they get.
MENDS: dict[str, Any] = {
    "create_redis_connection": lambda _url: redis_side.connection(),
    "get_redis_memory_used": redis_side.memory,
    "list_all_queues": listing.listed,
    "list_all_queues_names": queues.names,
    "job_count_in_queue_registry": jobs.count,
    "resolve_jobs": jobs.page,
    "empty_queue": effects.empty_queue,
    "delete_queue": effects.delete_queue,
    "cancel_job": effects.cancel_job,
    "requeue_job": effects.requeue_job,
    "delete_job": effects.delete_job,
    "cancel_all_queued_jobs": effects.cancel_queued,
    "requeue_all_jobs_in_failed_registry": effects.requeue_failed,
    "delete_all_jobs_in_queues_registries": effects.delete_all,
    "delete_workers": workers.stop,
    "Worker": workers.ReadWorker,
    "socket": workers.NoDns,
}


@cache
def load() -> Blueprint:
    """Import rqmonitor and return its blueprint, mended. Once a process: it is a global there."""
    with _lent_to_rq(), _lent_to_flask(), _lent_modules():
        views = import_module("rqmonitor.bp")
    for name, ours in MENDS.items():
        assert hasattr(views, name), name  # noqa: S101  # Another release has other names.
        setattr(views, name, ours)
    for module in ("rqmonitor.bp", "rqmonitor.utils"):
        # It writes every line twice otherwise.
        logging.getLogger(module).handlers.clear()
    bp: Blueprint = views.monitor_blueprint
    bp.before_request_funcs[None][:0] = [access.only_operators, safety.check_numbers]
    bp.after_request(safety.finish)
    for error in (AppError, CSRFError, redis.RedisError, EngineDown, views.RQMonitorException):
        bp.register_error_handler(error, safety.show)
    return bp


def _push(connection: redis.Redis) -> None:
    g.rqmonitor_connection = connection


def _current() -> redis.Redis:
    connection: redis.Redis = g.rqmonitor_connection
    return connection


def _pop() -> None:
    g.pop("rqmonitor_connection", None)


@contextmanager
def _lent_to_rq() -> Iterator[None]:
    """Let rq have its stack of connections while the package takes what it needs of that."""
    lent = {
        "push_connection": _push,
        "pop_connection": _pop,
        "get_current_connection": _current,
        "resolve_connection": lambda _connection=None: redis_side.connection(),
    }
    vars(rq.connections).update(lent)
    try:
        yield
    finally:
        for name in lent:
            delattr(rq.connections, name)


@contextmanager
def _lent_to_flask() -> Iterator[None]:
    """Let Flask have a hook before the first request, in which nothing is called."""
    Blueprint.before_app_first_request = staticmethod(lambda view: view)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del Blueprint.before_app_first_request  # type: ignore[attr-defined]


@contextmanager
def _lent_modules() -> Iterator[None]:
    """Let there be what the package imports to log in to other machines, if there is nothing."""
    fabric, invoke = ModuleType("fabric"), ModuleType("invoke")
    vars(fabric).update(Connection=None, Config=None)
    vars(invoke).update(UnexpectedExit=Exception)
    lent = {"fabric": fabric, "invoke": invoke}
    before = {name: sys.modules.get(name) for name in lent}
    sys.modules.update(lent)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
