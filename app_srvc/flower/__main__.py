"""Run Flower where FLOWER_URL says: `python -m app_srvc.flower`."""

import signal
import sys
from types import FrameType
from urllib.parse import urlsplit

from flower import command, urls
from flower.app import Flower

from app_srvc import logs, settings
from app_srvc.engines import celery_broker
from app_srvc.flower import door

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
MOST_TASKS = 10_000


def main() -> None:
    """Run until told to stop."""
    try:
        logs.configure()
        wanted = settings.load()
    except settings.WrongSetting as error:
        sys.exit(str(error))
    if wanted.flower_url is None or wanted.celery_url is None:
        sys.exit("Flower needs FLOWER_URL, and a queue on RabbitMQ to look at.")
    signal.signal(signal.SIGTERM, _leave)
    options = command.options
    options.basic_auth = [f"{door.USER}:{door.password()}"]
    options.url_prefix = door.PREFIX.strip("/")
    options.read_only = True
    options.max_tasks = MOST_TASKS
    _listen_at(wanted.flower_url)
    command.extract_settings()
    command.setup_logging()
    # It would tell everybody, without a password, which tasks and workers there are.
    urls.handlers[:] = [one for one in urls.handlers if "metrics" not in str(one)]
    flower = Flower(
        capp=celery_broker.app_at(wanted.celery_url), options=options, **command.settings
    )
    flower.start_http_server()
    try:
        flower.start()
    except KeyboardInterrupt:
        flower.stop()


def _listen_at(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        command.options.unix_socket = parts.path
    else:
        command.options.port = parts.port
        # By another name it is reached from elsewhere, as from another container.
        command.options.address = parts.hostname if parts.hostname in LOOPBACK else ""


def _leave(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
