"""How gunicorn serves the application; it reads this file by itself."""

import atexit
import gc
import signal
import sys
from types import FrameType
from typing import Any

from app_srvc import logs, settings, storage
from app_srvc.health import folder
from app_srvc.jobs import courier, events
from app_srvc.processes import die_with_parent
from app_srvc.speech import probing

wanted = settings.load()
# A process that dies leaves its counts, so what all have counted never falls. There is nothing else
# of it to be taken away: what is not counted is asked for, not kept.
folder.make()

wsgi_app = "app_srvc.webapp:create_app()"
bind = f"{wanted.host}:{wanted.port}"
# Threads, because each stream of events holds one for as long as somebody watches.
worker_class = "app_srvc.web.serving.Threads"
workers = wanted.web_processes
threads = wanted.web_threads
worker_connections = 2 * wanted.web_threads
# A worker that does not say for so long that it lives is replaced.
timeout = 60
graceful_timeout = 20
keepalive = 15
# What a proxy says of the client is the application's to believe: TRUSTED_PROXIES.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
# Its default is one file for all projects of a user.
control_socket_disable = True
# The application writes a line for each request, without the query.
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Begin with a storage that takes us; keep what may be secret out of gunicorn's own lines."""
    try:
        storage.check_settings()
    except settings.WrongSetting as error:
        sys.exit(str(error))
    server.log.error_log.addFilter(logs.WithoutQueries())


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    folder.remove()


def post_worker_init(worker: Any) -> None:
    """Let no worker outlive its master, and no stream of events hold up a stop."""
    probing.warm_up()
    carrier = courier.Courier()
    carrier.start()
    atexit.register(carrier.stop)
    # What is there by now stays: the collector need not look at it over and over.
    gc.collect()
    gc.freeze()
    die_with_parent(signal.SIGTERM, worker.ppid)
    stop = signal.getsignal(signal.SIGTERM)

    def close_streams(signum: int, frame: FrameType | None) -> None:
        events.hub.close()
        if callable(stop):
            stop(signum, frame)

    signal.signal(signal.SIGTERM, close_streams)
