"""Migrations: numbered, applied once, whoever starts when and is killed."""

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import psycopg2
import pytest

from app_srvc import migrate
from app_srvc.launching import servers
from tests.conftest import Servers
from tests.support.workers import ROOT


@pytest.fixture
def empty(backing: Servers) -> Iterator[str]:
    """Return the address of a database without tables."""
    servers.create_database(backing.servers["postgresql"], "empty")
    yield backing.urls["postgresql"].replace("///cherha?", "///empty?")
    conn = psycopg2.connect(backing.urls["postgresql"])
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("DROP DATABASE empty WITH (FORCE)")
    conn.close()


def start(url: str) -> subprocess.Popen[str]:
    """Start a migration."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "app_srvc.migrate"],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "INFO"},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def tables(url: str) -> set[str]:
    """Return the names of all tables."""
    conn = psycopg2.connect(url)
    with conn.cursor() as cur:
        cur.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {name for (name,) in cur.fetchall()}
    conn.close()
    return found


def test_their_numbers_have_no_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted(migrate.MIGRATIONS.glob("*.sql"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_each_depends_on_the_one_before_it() -> None:
    paths = sorted(migrate.MIGRATIONS.glob("*.sql"))

    for before, path in itertools.pairwise(paths):
        found = re.search(r"^-- depends: (\S+)$", path.read_text(), re.MULTILINE)
        assert found is not None
        assert found.group(1) == before.stem


def test_of_many_processes_that_start_at_once_one_migrates(empty: str) -> None:
    processes = [start(empty) for _ in range(4)]
    said = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, said
    applied = sorted(int(text.split(", ")[1].split()[0]) for text in said)
    assert applied == [0, 0, 0, len(list(migrate.MIGRATIONS.glob("*.sql")))]
    assert {"jobs", "recordings"} <= tables(empty)


def test_a_killed_migration_does_not_stop_the_next(empty: str) -> None:
    start(empty).communicate(timeout=60)
    conn = psycopg2.connect(empty)
    with conn, conn.cursor() as cur:
        cur.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 4711)")
        cur.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0012%'")
        cur.execute("DROP TABLE refusals, refusal_counts")
    conn.close()

    process = start(empty)
    assert process.communicate(timeout=60)[1].endswith("1 migrations applied\n")
    assert "refusals" in tables(empty)


def test_a_database_that_is_not_there_is_one_sentence(empty: str) -> None:
    process = start(empty.replace("///empty?", "///nowhere?"))
    said = process.communicate(timeout=60)[1]

    assert process.returncode == 1
    assert said.startswith("The database cannot be used")
