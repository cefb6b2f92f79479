"""Start the RabbitMQ of this machine for one home, on the loopback and with a password.

Its programs come with the system, as no package index has them.
"""

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from app_srvc.errors import CannotStart
from app_srvc.launching.servers import Server
from app_srvc.processes import end_left_over

USER = "cherha"
# What Debian has on the PATH insists on an account of its own; this is what it calls.
_PROGRAMS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
_HOST = "127.0.0.1"


def program() -> str:
    """Return the server's program.

    Raises:
        CannotStart: there is none.
    """
    for name in _PROGRAMS:
        if found := shutil.which(name):
            return found
    raise CannotStart(
        "There is no rabbitmq-server on this machine: install RabbitMQ, or let QUEUE_URL name one."
    )


def rabbitmq_server(home: Path, more_hosts: Sequence[str] = ()) -> Server:
    """Return the server for a home; `more_hosts` are virtual ones, besides the one in its URL.

    Raises:
        CannotStart: there is no program for it, or another one is at work there.
    """
    data = home / "rabbitmq"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    pid_file = data / "rabbitmq.pid"
    end_left_over(pid_file, "beam.smp", signal.SIGTERM)
    # Two nodes of a machine cannot have the same name; the data is under it.
    digest = hashlib.sha256(bytes(home.resolve())).hexdigest()[:12]
    password, port, own_port = secrets.token_hex(16), _free_port(), _free_port()
    _write(data / "definitions.json", json.dumps(_definitions(password, ["/", *more_hosts])))
    _write(data / "rabbitmq.conf", "\n".join([
        f"listeners.tcp.1 = {_HOST}:{port}",
        f"load_definitions = {data}/definitions.json",
        "log.console = true", "log.console.level = error", "log.file = false", "",
    ]))  # fmt: skip
    # Nodes find each other by a service that would stay behind; this one is alone.
    erlang = (
        f"-kernel inet_dist_use_interface {{127,0,0,1}} -start_epmd false"
        f" -erl_epmd_port {own_port} +sbwt none"
    )
    env = os.environ | {
        "HOME": str(data),
        "RABBITMQ_NODENAME": f"{USER}-{digest}@localhost",
        "RABBITMQ_CONF_ENV_FILE": str(data / "none"),
        "RABBITMQ_CONFIG_FILE": str(data / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(data / "data"),
        "RABBITMQ_LOG_BASE": str(data / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(data / "plugins"),
        "RABBITMQ_PID_FILE": str(pid_file),
        "RABBITMQ_DIST_PORT": str(own_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
    }
    url = f"amqp://{USER}:{password}@{_HOST}:{port}//"
    return Server("rabbitmq", [program()], signal.SIGTERM, url, {"env": env, "cwd": data})


def _definitions(password: str, hosts: Sequence[str]) -> dict[str, object]:
    """Return what is to be there from the beginning; a password of an earlier start is replaced."""
    all_of_it = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [{"name": USER, "password": password, "tags": "administrator"}],
        "vhosts": [{"name": host} for host in hosts],
        "permissions": [{"user": USER, "vhost": host, **all_of_it} for host in hosts],
    }


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((_HOST, 0))
        return int(sock.getsockname()[1])
