"""Rows of another server: each becomes a record once, whoever dies when."""

import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

import psycopg2
import pytest

from app_srvc import db
from app_srvc.processors.handlers.failures import Failure, Transient, WrongConfiguration
from app_srvc.processors.repository import loops
from app_srvc.processors.sources import connecting, postgresql
from app_srvc.processors.sources.postgresql import Fetched
from tests.processors.sources.conftest import Source
from tests.support.rows import scalar
from tests.support.workers import ROOT

STATUS = {"status_column": "state", "status_new": "NEW", "status_taken": "TAKEN"}
TABLE: dict[str, Any] = {"connection": "ERP", "table": "Letters; --", "key": "id"}
BY_STATUS = TABLE | {"columns": ["id", "town"], "order_key": "town"} | STATUS
BY_MARK = TABLE | {"body": "raw", "mark_column": "changed_at", "mark_overlap": 60}

pytestmark = pytest.mark.usefixtures("database")


def processor(config: dict[str, Any]) -> loops.Processor:
    """Make a processor that reads there."""
    with db.transaction() as conn:
        loops.add(conn, "letters", "Letters", "log")
        with conn.cursor() as cur:
            cur.execute(
                "UPDATE processors SET source = 'postgresql', source_config = %s",
                (json.dumps(config),),
            )
        found = loops.find(conn, "letters")
    assert found is not None
    return found


def test_new_rows_become_records_and_are_marked_as_taken(source: Source) -> None:
    letters = processor(BY_STATUS)
    source.add(3, 1, 2)

    assert postgresql.fetch(letters, 2) == Fetched(2, 2)
    assert source.states() == ["TAKEN", "TAKEN", "NEW"]
    assert postgresql.fetch(letters, 2) == Fetched(1, 1)
    assert postgresql.fetch(letters, 2) == Fetched(0, 0)
    body = scalar(
        "SELECT body FROM record_payloads JOIN records ON id = record_id WHERE source_key = '2'"
    )
    assert bytes(body).decode() == '{"id":2,"town":"Львів"}'
    assert scalar("SELECT count(*) FROM records WHERE order_key = 'Львів'") == 3


@pytest.mark.parametrize(
    ("config", "body", "media_type"),
    [
        ({"body": "raw", "media_type": "image/png"}, b"\x00raw", "image/png"),
        ({"body": "town"}, "Львів".encode(), "text/plain; charset=utf-8"),
        ({"columns": ["town"]}, '{"town":"Львів"}'.encode(), "application/json"),
    ],
)
def test_a_record_is_a_column_or_json_of_some(
    source: Source, config: dict[str, Any], body: bytes, media_type: str
) -> None:
    source.add(1)

    postgresql.fetch(processor(TABLE | STATUS | config), 10)
    assert bytes(scalar("SELECT body FROM record_payloads")) == body
    assert scalar("SELECT media_type FROM record_payloads") == media_type


def test_rows_that_somebody_else_has_locked_are_left_to_them(source: Source) -> None:
    letters = processor(BY_STATUS)
    source.add(1, 2)
    other = psycopg2.connect(source.url)
    with other, other.cursor() as cur:
        cur.execute('SELECT FROM "Letters; --" WHERE id = 1 FOR UPDATE')
        assert postgresql.fetch(letters, 10) == Fetched(1, 1)
    other.close()
    assert source.states() == ["NEW", "TAKEN"]


KILLED = """
import os, signal, sys
from app_srvc import db
from app_srvc.processors.repository import loops
from app_srvc.processors.sources import postgresql, repository
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
moment = sys.argv[1]
with db.transaction() as conn:
    processor = loops.find(conn, "letters")
def behind(function):
    def called(*args):
        function(*args)
        die()
    return called
if moment == "rows locked":
    postgresql._take_in = die
elif moment == "taken in, not committed":
    postgresql._take_in = behind(postgresql._take_in)
elif moment == "committed here":
    repository.set_taken = die
else:
    repository.set_taken = behind(repository.set_taken)
postgresql.fetch(processor, 10)
"""


@pytest.mark.parametrize(
    ("moment", "here"),
    [
        ("rows locked", 0),
        ("taken in, not committed", 0),
        ("committed here", 2),
        ("marked there, not committed", 2),
    ],
)
def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_twice(
    source: Source, moment: str, here: int
) -> None:
    letters = processor(BY_STATUS)
    source.add(1, 2)

    killed = subprocess.run([sys.executable, "-c", KILLED, moment], cwd=ROOT, env=os.environ)
    assert killed.returncode == -9
    assert scalar("SELECT count(*) FROM records") == here
    assert source.states() == ["NEW", "NEW"]
    deadline = time.monotonic() + 30
    while source.states() != ["TAKEN", "TAKEN"]:
        assert time.monotonic() < deadline
        postgresql.fetch(letters, 10)
    assert scalar("SELECT count(*) FROM records") == 2
    assert scalar("SELECT count(*) FROM record_payloads") == 2


def test_a_source_that_cannot_be_written_to_is_read_by_a_mark(source: Source) -> None:
    letters = processor(BY_MARK)
    source.add(1, 2, at="2026-01-01 10:00")
    source.add(3, at="2026-01-01 11:00")

    assert postgresql.fetch(letters, 2) == Fetched(2, 2)
    assert scalar("SELECT source_mark FROM processors") == "2026-01-01 10:00:00+00"
    assert postgresql.fetch(letters, 2) == Fetched(3, 1)
    assert postgresql.fetch(letters, 2) == Fetched(1, 0)
    assert source.states() == ["NEW"] * 3


def test_a_row_that_is_committed_late_is_found_within_the_overlap(source: Source) -> None:
    letters = processor(BY_MARK)
    source.add(1, at="2026-01-01 10:00:30")
    postgresql.fetch(letters, 10)
    source.add(2, at="2026-01-01 10:00:00")
    source.add(3, at="2026-01-01 09:00:00")

    assert postgresql.fetch(letters, 10) == Fetched(2, 1)
    assert scalar("SELECT source_mark FROM processors") == "2026-01-01 10:00:30+00"


def test_a_stretch_with_more_known_rows_than_the_limit_holds_nothing_up(source: Source) -> None:
    letters = processor(BY_MARK)
    source.add(*range(1, 8))
    postgresql.fetch(letters, 7)
    source.add(9)

    assert postgresql.fetch(letters, 2).added == 1


def test_a_number_can_be_the_mark(source: Source) -> None:
    letters = processor(TABLE | {"mark_column": "id", "mark_overlap": 1})
    source.add(1, 2, 10)

    assert postgresql.fetch(letters, 2) == Fetched(2, 2)
    assert postgresql.fetch(letters, 2) == Fetched(3, 1)
    assert scalar("SELECT source_mark FROM processors") == "10"


@pytest.mark.parametrize(
    "change",
    [
        {"connection": "NOWHERE"},
        {"connection": "../ERP"},
        {"table": "missing"},
        {"key": "missing"},
        {"key": "town"},
        {"columns": ["missing"]},
        {"status_column": "missing"},
        {"status_column": "id"},
        {"mark_column": "id", "mark_overlap": 1},
        {"body": "raw"},
        {"extra": 1},
    ],
)
def test_what_is_configured_wrongly_is_said(source: Source, change: dict[str, Any]) -> None:
    source.add(1, 2)

    with pytest.raises(WrongConfiguration):
        postgresql.fetch(processor(BY_STATUS | change), 10)
    assert scalar("SELECT count(*) FROM records") == 0
    assert source.states() == ["NEW", "NEW"]


def test_a_reader_that_may_not_write_is_configured_wrongly(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.add(1)
    readonly = f"{source.url}&options=-c%20default_transaction_read_only%3Don"
    monkeypatch.setenv("CONNECTION_ERP", readonly)

    with pytest.raises(WrongConfiguration):
        postgresql.fetch(processor(BY_STATUS), 10)


@pytest.mark.parametrize("change", [("///erp?", "///nowhere?"), ("postgresql://", "")])
def test_an_address_that_leads_to_no_database_is_configured_wrongly(
    change: tuple[str, str], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTION_ERP", source.url.replace(*change))

    with pytest.raises(WrongConfiguration):
        postgresql.fetch(processor(BY_STATUS), 10)


def failure_of(letters: loops.Processor) -> Failure:
    """Return why a source cannot be read."""
    with pytest.raises(Transient) as caught:
        postgresql.fetch(letters, 10)
    return caught.value


def test_a_server_that_is_not_there_is_waited_for(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTION_ERP", "postgresql://user:secret@127.0.0.1:1/erp")

    failure = failure_of(processor(BY_STATUS))
    assert failure.is_destination
    assert failure.sentence == "The source database “ERP” does not answer, or not in time."


def test_a_server_that_says_nothing_is_given_up(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = processor(BY_STATUS)
    monkeypatch.setattr(connecting, "SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/erp"
        monkeypatch.setenv("CONNECTION_ERP", address)
        assert failure_of(letters).is_destination


def test_a_statement_that_hangs_is_given_up(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = processor(BY_STATUS | {"table": "slow"})
    source.do(
        'CREATE VIEW slow AS SELECT * FROM "Letters; --" WHERE (SELECT pg_sleep(60)) IS NOT NULL'
    )
    source.add(1)
    monkeypatch.setattr(connecting, "SECONDS", 0.2)

    assert failure_of(letters).is_destination
