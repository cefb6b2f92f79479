"""Transactions: all or nothing, and nothing across a fork."""

import os
import threading
from contextlib import suppress

import psycopg2
import psycopg2.errors
import pytest

from app_srvc import db
from app_srvc.errors import DatabaseDown, PerhapsDone

pytestmark = pytest.mark.usefixtures("database")


def value() -> object:
    """Return how many links there are."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT count(*) FROM operator_links")
        row = cur.fetchone()
    return row and row[0]


def add(conn: db.Connection, token: str) -> None:
    """Add a row."""
    with conn.cursor() as cur:
        cur.execute("INSERT INTO operator_links VALUES (%s, now())", (token,))


def test_a_block_that_raises_leaves_nothing() -> None:
    with suppress(RuntimeError), db.transaction() as conn:
        add(conn, "a")
        raise RuntimeError

    assert value() == 0


def test_what_is_to_follow_runs_after_the_commit_alone() -> None:
    seen: list[object] = []
    with db.transaction() as conn:
        add(conn, "a")
        db.after_commit(conn, lambda: seen.append(value()))
    with suppress(RuntimeError), db.transaction() as conn:
        db.after_commit(conn, lambda: seen.append("never"))
        raise RuntimeError

    assert seen == [1]


def test_a_statement_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.Connection, "patience_seconds", 0.2)

    with pytest.raises(DatabaseDown), db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT pg_sleep(30)")
    monkeypatch.undo()
    assert value() == 0


def test_a_block_of_one_statement_stands_at_once() -> None:
    with db.transaction(is_one_statement=True) as conn:
        add(conn, "a")
        assert value() == 1
    with db.transaction() as same:
        add(same, "b")
        assert value() == 1


def test_a_server_that_goes_away_in_a_block_of_one_statement_may_have_done_it() -> None:
    with pytest.raises(PerhapsDone), db.transaction(is_one_statement=True) as conn:
        conn.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    with db.transaction() as conn:
        pid = conn.info.backend_pid
    with db.transaction() as other, other.cursor() as cur:
        assert other.info.backend_pid == pid
    killer = psycopg2.connect(os.environ["DATABASE_URL"])
    with killer.cursor() as cur:
        cur.execute("SELECT pg_terminate_backend(%s, 60000)", (pid,))
    killer.close()

    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT 1")
        assert conn.info.backend_pid != pid


def test_a_server_that_goes_away_at_the_commit_leaves_it_open_whether_it_was_done() -> None:
    def lose_the_server() -> None:
        with db.transaction() as conn:
            add(conn, "a")
            killer = psycopg2.connect(os.environ["DATABASE_URL"])
            with killer.cursor() as cur:
                cur.execute("SELECT pg_terminate_backend(%s, 60000)", (conn.info.backend_pid,))
            killer.close()

    with pytest.raises(PerhapsDone, match="Look whether it was done"):
        lose_the_server()


def test_a_deadlock_is_the_statements_fault_and_not_the_databases() -> None:
    with db.transaction() as conn:
        add(conn, "a")
        add(conn, "b")
    both = threading.Barrier(2)
    raised: list[BaseException] = []

    def cross(first: str, second: str) -> None:
        try:
            with db.transaction() as conn, conn.cursor() as cur:
                update = "UPDATE operator_links SET expires_at = now() WHERE token_hash = %s"
                cur.execute(update, (first,))
                both.wait(60)
                cur.execute(update, (second,))
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = raised
    assert isinstance(error, psycopg2.errors.DeadlockDetected)


def test_a_wrong_statement_is_our_fault_and_not_the_databases() -> None:
    with pytest.raises(psycopg2.Error), db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT nonsense")

    assert value() == 0


def test_a_child_process_begins_without_connections() -> None:
    with db.transaction() as conn:
        pid = conn.info.backend_pid
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        with db.transaction() as conn:
            os.write(writer, str(conn.info.backend_pid).encode())
        os._exit(0)

    os.waitpid(child, 0)
    assert int(os.read(reader, 100)) != pid
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT 1")
        assert conn.info.backend_pid == pid


def test_more_requests_than_connections_take_turns() -> None:
    seen: list[int] = []

    def use() -> None:
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("SELECT pg_sleep(0.05)")
            cur.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
            seen.append((cur.fetchone() or (0,))[0])

    threads = [threading.Thread(target=use) for _ in range(3 * db.MAX_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(threads)
    assert 1 < max(seen) <= db.MAX_CONNECTIONS
