"""SQL on other servers. Names come from a configuration, and are quoted as names."""

from collections.abc import Generator
from typing import NamedTuple

from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from app_srvc.processors.sources.configuration import Status, Table


class Row(NamedTuple):
    """A row that is a record. `is_ahead` says that its mark is beyond the one that was given."""

    key: str | None
    order_key: str | None
    body: bytes
    mark: str | None = None
    is_ahead: bool = False


def begin(conn: Connection, seconds: float, idle_seconds: float) -> None:
    """Let the other server give up in time, also when this process is gone."""
    with conn.cursor() as cur:
        cur.execute(
            "SET LOCAL statement_timeout = %s; SET LOCAL lock_timeout = %s;"
            " SET LOCAL idle_in_transaction_session_timeout = %s; SET LOCAL TIME ZONE 'UTC'",
            [round(1000 * value) for value in (seconds, seconds, idle_seconds)],
        )


def type_of(conn: Connection, table: Table, column: str) -> str:
    """Return the type of a column, as it is written in SQL."""
    with conn.cursor() as cur:
        cur.execute(
            sql.SQL(
                "SELECT pg_typeof(t.{column})::text FROM (SELECT 1) AS one LEFT JOIN {table} AS t"
                " ON false"
            ).format(column=sql.Identifier(column), table=_name(table))
        )
        row = cur.fetchone()
    assert row is not None  # noqa: S101  # There is always one.
    return str(row[0])


def lock_new(conn: Connection, table: Table, status: Status, limit: int) -> list[Row]:
    """Return rows that are new, and keep others from taking them until the transaction ends."""
    with conn.cursor() as cur:
        cur.execute(
            sql.SQL(
                "SELECT t.{key}::text, {order_key}, {body} FROM {table} AS t"
                " WHERE t.{status} = %s ORDER BY t.{key} LIMIT %s FOR UPDATE OF t SKIP LOCKED"
            ).format(status=sql.Identifier(status.column), **_parts(conn, table)),
            (status.new, limit),
        )
        return [Row(key, order_key, _bytes(body)) for key, order_key, body in cur.fetchall()]


def set_taken(conn: Connection, table: Table, status: Status, keys: list[str | None]) -> None:
    """Write into rows that they are taken."""
    with conn.cursor() as cur:
        cur.execute(
            sql.SQL(
                "UPDATE {table} SET {status} = %s WHERE {status} = %s"
                " AND {key} = ANY (%s::text[]::{type}[])"
            ).format(
                table=_name(table),
                status=sql.Identifier(status.column),
                key=sql.Identifier(table.key),
                type=sql.SQL(type_of(conn, table, table.key)),
            ),
            (status.taken, status.new, keys),
        )


def rows_from(
    conn: Connection, table: Table, last: str | None, at_once: int
) -> Generator[list[Row]]:
    """Yield rows in the order of their marks, from a little before the last one on."""
    mark = table.mark
    assert mark is not None  # noqa: S101  # The schema has it.
    kind = type_of(conn, table, mark.column)
    is_time = kind.startswith(("timestamp", "date"))
    back = sql.SQL("%(overlap)s * interval '1 second'" if is_time else "%(overlap)s")
    with conn.cursor(name="rows") as cur:
        cur.itersize = at_once
        cur.execute(
            sql.SQL(
                "SELECT t.{key}::text, {order_key}, {body}, t.{mark}::text,"
                " coalesce(t.{mark} > %(last)s::{type}, true) FROM {table} AS t"
                " WHERE t.{mark} IS NOT NULL AND"
                " (%(last)s IS NULL OR t.{mark} >= %(last)s::{type} - {back})"
                " ORDER BY t.{mark}, t.{key}"
            ).format(
                mark=sql.Identifier(mark.column),
                type=sql.SQL(kind),
                back=back,
                **_parts(conn, table),
            ),
            {"last": last, "overlap": mark.overlap},
        )
        while rows := cur.fetchmany(at_once):
            yield [Row(key, order, _bytes(body), *rest) for key, order, body, *rest in rows]


def _parts(conn: Connection, table: Table) -> dict[str, sql.Composable]:
    order_key: sql.Composable = sql.SQL("NULL")
    if table.order_key:
        order_key = sql.SQL("t.{}::text").format(sql.Identifier(table.order_key))
    return {
        "table": _name(table),
        "key": sql.Identifier(table.key),
        "order_key": order_key,
        "body": _body(conn, table),
    }


def _body(conn: Connection, table: Table) -> sql.Composable:
    """Return what is selected as the content: a column, or JSON of some columns or of all."""
    if table.body:
        as_it_is = type_of(conn, table, table.body) == "bytea"
        form = "t.{}" if as_it_is else "t.{}::text"
        return sql.SQL(form).format(sql.Identifier(table.body))
    if not table.columns:
        return sql.SQL("row_to_json(t)::text")
    columns = [sql.SQL("t.{}").format(sql.Identifier(column)) for column in table.columns]
    return sql.SQL("(SELECT row_to_json(r)::text FROM (SELECT {}) AS r)").format(
        sql.SQL(", ").join(columns)
    )


def _name(table: Table) -> sql.Identifier:
    return sql.Identifier(table.schema, table.table)


def _bytes(value: object) -> bytes:
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]
