"""What README and the how-tos tell their readers to type does what they say."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg2
import pytest
import redis

from app_srvc.launching import cluster, servers
from tests.docs import older
from tests.support import media, pictures
from tests.support.product import free_port
from tests.support.recordings import TEXTS
from tests.support.terminal import Terminal, working_copy

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not all(map(shutil.which, ("bash", "curl", "git", "make", "tar"))),
        reason="a program is missing",
    ),
]
SENT = "days.flac"
EXAMPLE = "postgresql://cherha:PASSWORD@db.example.org"


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    """Make a working copy, and put the files there that the commands send."""
    with tempfile.TemporaryDirectory(prefix="cherha-copy-") as name:
        folder = working_copy(Path(name))
        for path, parts in {"talk.mp3": [SENT], "lecture.mp3": sorted(TEXTS)}.items():
            (folder / path).write_bytes(media.encode(media.joined(parts), "mp3", "mp3"))
        pictures.scene().save(folder / "street.jpg")
        yield folder


def test_make_run_does_what_readme_says_and_goes_along_to_another_machine(copy: Path) -> None:
    port = str(free_port())
    # One small test stands for all of them.
    chosen = "tests/test_memory.py -p no:cacheprovider"
    reader = Terminal(
        copy, {"8080": port},
        PORT=port, PYTEST_ADDOPTS=chosen, PYTEST_XDIST_AUTO_NUM_WORKERS="1",
    )  # fmt: skip
    try:
        reader.follow("README.md")
        assert any(re.search(r"\d passed", said) for said in reader.said)
        assert is_transcript(reader.said[-1])
        kept = reader.instead["JOB_ID"]

        address = address_of(reader)
        reader.instead["/tmp/cherha-…/postgresql"] = address
        reader.instead["cherha_…"] = reader.type(
            f"DATABASE_URL='postgresql:///cherha?host={address}&user=cherha' QUEUE_URL=redis://none"
            f" STORAGE_URL=file:///none SECRET_KEY={'x' * 16} python -m tests.docs.prepared"
        ).strip()
        reader.follow("docs/how-to/programs.md")

        reader.follow("docs/how-to/backup.md", "Move what `make run` holds")
        reader.stay("make run")
        assert is_transcript(reader.type(f"curl http://127.0.0.1:8080/stt/task/{kept}"))
    finally:
        reader.interrupt()


class Backing(NamedTuple):
    """PostgreSQL, in which nothing has been made yet, and Redis: as somebody else runs them."""

    sockets: Path
    redis: str

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql:///{database}?host={self.sockets}&user=cherha"

    def execute(self, *statements: str) -> None:
        """Do something as an administrator does."""
        conn = psycopg2.connect(self.url("postgres"))
        conn.autocommit = True
        with conn.cursor() as cur:
            for statement in statements:
                cur.execute(statement)
        conn.close()


@pytest.fixture
def given() -> Iterator[Backing]:
    """Start both."""
    with tempfile.TemporaryDirectory(prefix="cherha-servers-") as name:
        home = Path(name)
        run = servers.run_folder(home)
        children = []
        for server in (servers.postgresql(home, run), servers.redis_server(home, run)):
            children.append(server.child())
            children[-1].start()
            assert children[-1].wait_until(server.is_ready, 60)
        yield Backing(run / "postgresql", server.url)
        for child in children:
            child.signal()
            assert child.wait(60)
        shutil.rmtree(run, ignore_errors=True)


def test_servers_of_ones_own_are_set_up_shared_backed_up_restored_and_upgraded(
    copy: Path, given: Backing, tmp_path: Path
) -> None:
    one, other = str(free_port()), str(free_port())
    instead = {
        "8080": one, "8081": other, "/srv/cherha/": f"{tmp_path}/",
        "redis://:PASSWORD@redis.example.org:6379/0": given.redis,
        f"{EXAMPLE}/cherha": given.url("cherha"),
        f"{EXAMPLE}/cherha_restored": given.url("cherha_restored"),
    }  # fmt: skip
    (tmp_path / "files").mkdir()
    reader = Terminal(
        copy, instead, PORT=one, COOKIES_SECURE="false", PGHOST=str(given.sockets), PGUSER="cherha",
        PATH=f"{copy / '.venv/bin'}:{cluster.binaries()}:{os.environ['PATH']}",
    )  # fmt: skip
    try:
        reader.follow("docs/how-to/servers.md")
        assert reader.said[-1].startswith("/operator?token=")

        reader.follow("docs/how-to/scale.md")
        assert any(map(is_transcript, reader.said))
        kept = reader.instead["JOB_ID"]

        reader.follow("docs/how-to/backup.md", "Back up")
        lose_everything(reader, given, tmp_path / "files")
        reader.follow("docs/how-to/backup.md", "Restore")
        begin_again(reader)
        assert is_transcript(reader.type(f"curl http://127.0.0.1:8080/stt/task/{kept}"))

        reader.interrupt()
        left: list[older.Older] = []
        reader.follow(
            "docs/how-to/upgrade.md", "Servers of your own",
            meanwhile=lambda: left.append(make_older(given, tmp_path / "restored")),
        )  # fmt: skip
        assert "good morning" in reader.type(f"curl http://127.0.0.1:8080/stt/task/{left[0].done}")
        reader.type(f"curl 'http://127.0.0.1:8080/api/jobs/{left[0].waits}?wait=60'")
        assert TEXTS["days.flac"] in reader.type(
            f"curl http://127.0.0.1:8080/stt/task/{left[0].waits}"
        )
    finally:
        reader.interrupt()
        reader.type("python manage_worker.py stop --all --now")


def lose_everything(reader: Terminal, given: Backing, files: Path) -> None:
    """Stop all processes; then database, files and Redis are gone."""
    reader.interrupt()
    reader.type("python manage_worker.py stop --all")
    given.execute("DROP DATABASE cherha WITH (FORCE)")
    shutil.rmtree(files)
    with redis.Redis.from_url(given.redis) as client:
        client.flushall()


def begin_again(reader: Terminal) -> None:
    """Put the restored addresses into the file of settings, and start."""
    path = reader.folder / "cherha.env"
    text = (
        path.read_text().replace("/cherha?", "/cherha_restored?").replace("/files'", "/restored'")
    )
    path.write_text(text)
    reader.type("python manage_worker.py start --queue stt")
    reader.stay("python -m gunicorn")


def make_older(given: Backing, storage: Path) -> older.Older:
    """Put the database of an earlier release in the place of the restored one."""
    given.execute(
        "DROP DATABASE cherha_restored WITH (FORCE)",
        "CREATE DATABASE cherha_restored OWNER cherha TEMPLATE template0",
    )
    return older.fill(given.url("cherha_restored"), storage)


def is_transcript(said: str) -> bool:
    """Say whether this is the transcript of what was sent."""
    return TEXTS[SENT] in said


def address_of(reader: Terminal) -> str:
    """Return the folder that PostgreSQL has named in the first lines of `make run`."""
    found = re.search(r'Unix socket "(.+/postgresql)/\.s\.PGSQL', reader.last_stay())
    assert found is not None
    return found[1]
