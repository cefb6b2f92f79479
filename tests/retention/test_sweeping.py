"""What was said to go is what goes; and what is set acts at the next sweep."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db, migrate, storage
from app_srvc.jobs import submission
from app_srvc.processors.lanes import ticking
from tests.support import keeping, tasks
from tests.support.pages import token
from tests.support.people import operator
from tests.support.rows import rows, scalar
from tests.support.submitting import submit
from tests.support.workers import Workers, wait_for

JSON = {"Accept": "application/json"}
ROWS = {
    "files": "SELECT count(*) FROM files WHERE released_at IS NOT NULL",
    "jobs": "SELECT count(*) FROM jobs",
    "past cycles": "SELECT count(*) FROM cycles",
    "attempts": "SELECT count(*) FROM record_attempts",
}


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """Return an operator's browser. Months that were made are gone afterwards."""
    yield operator(app)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = 'record_attempts'::regclass AND relname < %s"
            " AND relname ~ '_[0-9]{4}_[0-9]{2}$'",
            (scalar("SELECT to_char(now(), '\"record_attempts_\"YYYY_MM')"),),
        )
        for (name,) in cur.fetchall():
            cur.execute(f"DROP TABLE {name}")


def there() -> dict[str, int]:
    """Return how many rows there are of each kind."""
    return {kind: scalar(statement) for kind, statement in ROWS.items()}


def would_go(client: FlaskClient, **days: int) -> dict[str, dict[str, Any]]:
    """Return what is said to go at the next sweep with other days."""
    return {kind["kind"]: kind["next_sweep"] for kind in told(client, **days)["would_go"]}


def save(client: FlaskClient, **days: int) -> None:
    """Set days, as a program does."""
    body = days | {"version": told(client)["version"]}
    headers = JSON | {"X-CSRFToken": token(client)}
    answer = client.post("/ops/retention", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


def told(client: FlaskClient, **days: int) -> dict[str, Any]:
    """Return what programs read, also of what would go with other days."""
    answer = client.get("/ops/retention", query_string=days, headers=JSON)
    assert answer.status_code == 200
    found = answer.json
    assert found is not None
    return dict(found)


def some_of_each() -> None:
    """Let there be something of each kind from many times."""
    for days in (1, 5, 8, 20, 29, 31, 200, 364, 366, 1000):
        keeping.ended(days, size=int(days) * 10)
        keeping.ended(days)
        keeping.cycle(days)
    for months in (1, 3, 15):
        keeping.month(months, attempts=months)


@pytest.mark.parametrize(
    "days",
    [
        {},
        {"files_days": 7},
        {"jobs_days": 7},
        {"files_days": 400, "jobs_days": 400},
        {"history_days": 40},
        {"files_days": 1, "jobs_days": 30, "history_days": 500},
    ],
    ids=str,
)
def test_what_was_said_to_go_is_what_goes(client: FlaskClient, days: dict[str, int]) -> None:
    some_of_each()
    asked = days or {"files_days": 30}
    said = would_go(client, **asked)
    before = there()

    save(client, **asked)
    keeping.sweep()

    after = there()
    gone = {kind: before[kind] - after[kind] for kind in ROWS}
    assert gone == {kind: said[kind]["number"] for kind in ROWS}
    assert sum(gone.values()) > 0


def test_it_says_how_large_it_is_and_from_when_to_when(client: FlaskClient) -> None:
    for days in (5, 10, 20):
        keeping.ended(days, size=int(days) * 10)
    oldest, newest = rows(
        "SELECT min(released_at), max(released_at) FROM files"
        " WHERE released_at < now() - interval '7 days'"
    )[0]

    said = would_go(client, files_days=7)["files"]

    assert (said["number"], said["exactness"], said["bytes"]) == (2, "exact", 300)
    assert said["oldest"] == oldest.isoformat(timespec="milliseconds")
    assert said["newest"] == newest.isoformat(timespec="milliseconds")


def test_to_ask_changes_nothing(client: FlaskClient) -> None:
    some_of_each()
    before = there()

    would_go(client, files_days=1, jobs_days=1, history_days=1)
    keeping.sweep()

    assert scalar("SELECT count(*) FROM kept_periods") == 0
    # What goes by the days that hold has gone, and no more.
    assert before["jobs"] - there()["jobs"] == 4


def test_longer_days_save_what_was_due(client: FlaskClient) -> None:
    keeping.ended(31, size=10)
    save(client, files_days=40)
    keeping.sweep()
    assert there()["files"] == 1

    save(client, files_days=30)
    keeping.sweep()
    assert there()["files"] == 0


def test_a_running_worker_keeps_to_what_was_set_after_its_start(
    client: FlaskClient, workers: Workers
) -> None:
    young, old = keeping.ended(3, size=10), keeping.ended(9, size=10)
    workers.start()
    wait_for(lambda: scalar("SELECT count(*) FROM workers") == 1)

    save(client, files_days=7)
    wait_for(lambda: there()["files"] == 1)
    save(client, jobs_days=7)
    wait_for(lambda: there()["jobs"] == 1)
    assert scalar("SELECT id::text FROM jobs") == young != old


def test_what_the_page_sets_wins_over_the_environment(
    client: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(retention_days=3, history_days=50)
    keeping.ended(10, size=10)
    periods = told(client)["periods"]
    assert periods["files_days"] == {"days": 3, "source": "environment"}

    save(client, files_days=20)
    keeping.sweep()
    periods = told(client)["periods"]
    assert periods["files_days"] == {"days": 20, "source": "page"}
    assert periods["jobs_days"] == {"days": 50, "source": "environment"}
    assert there()["files"] == 1

    # The same as in the environment is not set, and follows it.
    save(client, files_days=3)
    setting(retention_days=4)
    periods = told(client)["periods"]
    assert periods["files_days"] == {"days": 4, "source": "environment"}


def test_records_that_are_done_go_as_their_processor_says(client: FlaskClient) -> None:
    keeping.cycle(1)
    for days in (1, 24, 31, 40):
        keeping.done(days, key=f"{days}")
    kinds = told(client)["kinds"]
    (said,) = [kind for kind in kinds if kind["kind"] == "done records"]
    assert (said["processor"], said["days"], said["source"]) == ("letters", 30, "processor")
    assert (said["count"]["number"], said["within_7_days"]["number"]) == (4, 3)

    ticking._archive_at = 0.0
    ticking.tick(0.0)
    assert scalar("SELECT count(*) FROM archived_records") == said["next_sweep"]["number"] == 2


def test_a_file_that_a_job_needs_again_is_kept_however_short_the_days(
    client: FlaskClient,
) -> None:
    job_id = keeping.ended(20, size=10)
    submission.retry(job_id)
    save(client, files_days=1)
    keeping.sweep()
    assert scalar("SELECT count(*) FROM files") == 1

    # An earlier version of a process claims a file without a word to the new column.
    submission.cancel(job_id)
    submit(tasks.count, "/dev/null", keys=[scalar("SELECT key FROM files")])
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET released_at = now() - interval '9 days'")
    assert storage.sweep() == 0


def test_files_of_jobs_that_ended_before_the_upgrade_are_kept_as_long_as_all_others(
    client: FlaskClient,
) -> None:
    script = (migrate.MIGRATIONS / "0011_retention.sql").read_text()
    (statement,) = re.findall(r"^UPDATE files .*?;", script, re.DOTALL | re.MULTILINE)
    keeping.ended(5, size=10)
    needed, unclaimed = storage.save([b"x"]).key, storage.save([b"x"]).key
    submit(tasks.count, "/dev/null", keys=[needed])
    before = rows("SELECT key, expires_at FROM files WHERE key = %s", unclaimed)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = released_at + interval '30 days', released_at = NULL"
            " WHERE released_at IS NOT NULL"
        )
        cur.execute(statement)

    assert rows("SELECT key, expires_at FROM files WHERE expires_at IS NOT NULL") == before
    ended = (
        "SELECT released_at = ended_at FROM files, jobs WHERE ended_at IS NOT NULL AND key <> %s"
    )
    assert rows(f"{ended} AND expires_at IS NULL", needed) == [(True,)]
    assert would_go(client, files_days=5)["files"]["number"] == 1
    assert would_go(client, files_days=6)["files"]["number"] == 0
