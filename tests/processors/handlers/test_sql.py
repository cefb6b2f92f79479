"""Statements with values of each record, in other databases and in the product's own."""

import json
from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import psycopg2
import pytest

from app_srvc import db
from app_srvc.processors import databases
from app_srvc.processors.handlers.failures import Failure, Permanent, WrongConfiguration
from tests.conftest import Servers
from tests.support import misbehaving
from tests.support.handling import KEY, SECRET_TEXT, Calling, failure, handle, record
from tests.support.rows import rows, scalar

INSERT = "INSERT INTO letters (key, name) VALUES (%(key)s, %(name)s)"
CONFIG = {
    "connection": "POST",
    "statement": INSERT,
    "parameters": {"key": "idem_key", "name": "json:/name"},
}
LETTER = record(b'{"name": "%s"}' % SECRET_TEXT.encode(), "application/json")


@pytest.fixture
def letters(database: None, backing: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add a table, and name the database that it is in."""
    monkeypatch.setenv("CONNECTION_POST", backing.urls["postgresql"])
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "CREATE TABLE letters (key uuid PRIMARY KEY, name text CHECK (name <> 'nobody'),"
            " number integer UNIQUE DEFERRABLE INITIALLY DEFERRED DEFAULT 1)"
        )
    yield
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DROP TABLE letters")


@pytest.mark.usefixtures("letters")
def test_values_of_the_record_are_values_whatever_is_in_them() -> None:
    nasty = record(b'{"name": "\'); DROP TABLE letters; --"}', "application/json")
    context = Calling()
    handle("sql", CONFIG, nasty, context)

    assert rows("SELECT key::text, name FROM letters") == [(str(KEY), "'); DROP TABLE letters; --")]
    assert (context.calls, context.lines) == (["SQL POST"], ["1 row"])


@pytest.mark.usefixtures("letters")
def test_what_it_returns_goes_on_as_json() -> None:
    told = {
        "connection": "POST",
        "statement": "SELECT %(a)s AS a, %(b)s + 1 AS b, %(c)s AS c, 5 %% 3 AS d, now() AS e;",
        "parameters": {"a": "xpath:/r/@a", "b": "xpath:count(/r/x)", "c": "json:/none"},
    }
    with pytest.raises(Permanent):
        handle("sql", told, record(b"<r a='1'/>"))
    told["parameters"] = {"a": "xpath:/r/@a", "b": "xpath:count(/r/x)", "c": "xpath:/r/none"}
    output = handle("sql", told, record(b"<r a='1'><x/><x/></r>")).output

    assert output is not None
    (row,) = json.loads(output.body)
    assert row.pop("e").startswith("2")
    assert row == {"a": "1", "b": 3, "c": None, "d": 2}


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("statement", "body", "kind"),
    [
        (INSERT, b'{"name": "nobody"}', "permanent"),
        (INSERT, b'{"name": "a\\u0000b"}', "permanent"),
        ("INSERT INTO letters (key, number) SELECT %(key)s, length(%(name)s) / 0", b'{"name": ""}',
         "permanent"),
        ("INSERT INTO nowhere VALUES (%(key)s, %(name)s)", b'{"name": "a"}', "configuration"),
        ("SELECT %(key)s %(name)s", LETTER.payload.body, "configuration"),
        ("WITH a AS (SELECT %(key)s, %(name)s) SELECT pg_sleep(9)", b"{}", "transient"),
    ],
    ids=["a rule", "a zero", "a value", "no table", "no syntax", "too slow"],
)  # fmt: skip
def test_each_failure_has_its_meaning_and_changes_nothing(
    statement: str, body: bytes, kind: str
) -> None:
    told = CONFIG | {"statement": statement}
    context = Calling(seconds=1 if kind == "transient" else 20)
    failed = failure("sql", told, record(body, "application/json"), context)

    assert failed.kind == kind
    assert scalar("SELECT count(*) FROM letters") == 0


@pytest.mark.usefixtures("letters")
def test_a_rule_that_is_looked_at_last_refuses_as_well() -> None:
    handle("sql", CONFIG, LETTER)
    other = LETTER._replace(idem_key=UUID(int=1))

    assert failure("sql", CONFIG, other).kind == "permanent"
    assert scalar("SELECT count(*) FROM letters") == 1


@pytest.mark.usefixtures("letters")
def test_it_may_have_to_be_about_a_row() -> None:
    told = CONFIG | {
        "statement": "UPDATE letters SET name = %(name)s WHERE key = %(key)s",
        "expect_rows": True,
    }
    assert failure("sql", told, LETTER).kind == "permanent"

    handle("sql", CONFIG, LETTER)
    handle("sql", told, LETTER)


@pytest.mark.usefixtures("letters")
def test_more_rows_than_are_taken_along_change_nothing() -> None:
    told = CONFIG | {
        "statement": "INSERT INTO letters SELECT gen_random_uuid(), %(name)s || %(key)s, number"
        " FROM generate_series(1, 1001) AS number RETURNING 1"
    }
    assert failure("sql", told, LETTER).kind == "permanent"
    assert scalar("SELECT count(*) FROM letters") == 0


def end_connection(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """Let the server end the connection of a handler just before a moment."""
    real = getattr(databases, before)

    def ended(conn: db.Connection, *rest: object) -> object:
        scalar("SELECT pg_terminate_backend(%s, 5000)", conn.info.backend_pid)
        return real(conn, *rest)

    monkeypatch.setattr(databases, before, ended)


@pytest.mark.usefixtures("letters")
def test_a_connection_that_ends_before_the_statement_has_changed_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_connection(monkeypatch, "_execute")

    failed = failure("sql", CONFIG, LETTER)
    assert (failed.kind, failed.is_destination) == ("transient", True)


@pytest.mark.usefixtures("letters")
def test_a_connection_that_ends_while_the_change_is_kept_means_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_connection(monkeypatch, "_commit")

    assert failure("sql", CONFIG, LETTER).kind == "unknown"


@pytest.mark.parametrize(
    ("url", "kind", "is_destination"),
    [
        ("postgresql://127.0.0.1:1/a", "transient", True),
        ("mysql://127.0.0.1/a", "configuration", False),
        (None, "configuration", False),
    ],
)
def test_a_database_that_is_not_there(
    url: str | None, kind: str, is_destination: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url:
        monkeypatch.setenv("CONNECTION_POST", url)
    failed = failure("sql", CONFIG, LETTER)

    assert (failed.kind, failed.is_destination) == (kind, is_destination)


def test_a_database_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving.serving(misbehaving.hangs_before_reading) as server:
        monkeypatch.setenv("CONNECTION_POST", f"postgresql://127.0.0.1:{server.port}/a")
        failed = failure("sql", CONFIG, LETTER, Calling(seconds=1))

    assert (failed.kind, failed.is_destination) == ("transient", True)


def test_a_name_or_a_database_that_is_unknown_there_is_wrong_configuration(
    backing: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = psycopg2.extensions.parse_dsn(backing.urls["postgresql"])
    dsn = psycopg2.extensions.make_dsn(**settings | {"dbname": "nowhere"})
    monkeypatch.setenv("CONNECTION_POST", dsn)

    assert failure("sql", CONFIG, LETTER).kind == "configuration"


OURS = CONFIG | {"connection": "cherha"}


@pytest.mark.usefixtures("letters")
def test_in_our_own_database_it_happens_with_the_end_of_the_record_or_not_at_all() -> None:
    context = Calling()
    done = handle("sql", OURS, LETTER, context)
    assert done.effect is not None
    assert context.calls == []

    with suppress(ZeroDivisionError), db.transaction() as conn:
        done.effect(conn)
        raise ZeroDivisionError
    assert scalar("SELECT count(*) FROM letters") == 0
    with db.transaction() as conn:
        done.effect(conn)
    assert scalar("SELECT name FROM letters") == SECRET_TEXT


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("statement", "name", "kind"),
    [
        (INSERT, "nobody", Permanent),
        ("SELECT %(key)s, %(name)s FROM nowhere", "a", WrongConfiguration),
    ],
)
def test_a_failure_in_our_own_database_has_its_meaning(
    statement: str, name: str, kind: type[Failure]
) -> None:
    told = record(json.dumps({"name": name}).encode())
    done = handle("sql", OURS | {"statement": statement}, told)

    assert done.effect is not None
    with pytest.raises(kind), db.transaction() as conn:
        done.effect(conn)


@pytest.mark.parametrize(
    "wrong",
    [
        {"statement": "DROP TABLE letters"},
        {"statement": INSERT + "; COMMIT"},
        {"statement": "COMMIT"},
        {"statement": "INSERT INTO letters VALUES (%s)"},
        {"statement": INSERT.replace("%(name)s", "%(nobody)s")},
        {"statement": INSERT + " -- 100 %"},
        {"parameters": {"key": "idem_key"}},
        {"parameters": {"key": "idem_key", "name": "id"}},
        {"parameters": {"key": "idem_key", "name": "xpath:/["}},
        {"connection": "post"},
    ],
)
def test_what_makes_no_sense_cannot_be_configured(wrong: dict[str, object]) -> None:
    assert failure("sql", CONFIG | wrong).kind == "configuration"
