"""Ask a running product what it has: over HTTP, in its database, in its storage."""

import json
from typing import Any

import psycopg2

from tests.support.product import Product
from tests.support.web import get


def get_json(product: Product, path: str) -> dict[str, str]:
    """Return what an address answers."""
    answer = get(f"{product.url}{path}")
    assert answer.status == 200, answer
    value: dict[str, str] = json.loads(answer.body)
    return value


def ask(product: Product, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask the product's database."""
    conn = psycopg2.connect(product.address_of("postgresql"))
    try:
        with conn.cursor() as cur:
            cur.execute(query, values)
            return cur.fetchall()
    finally:
        conn.close()


def count(product: Product, condition: str, table: str = "jobs") -> int:
    """Count rows; -1 while the database is away."""
    try:
        return int(ask(product, f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])
    except psycopg2.OperationalError:
        return -1


def let_ten_minutes_pass(product: Product) -> None:
    """Age what uploads have left that broke off: for so long nobody touches it."""
    conn = psycopg2.connect(product.address_of("postgresql"))
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = expires_at - interval '10 minutes'")
    conn.close()


def stored_files(product: Product) -> set[str]:
    """Return the names of all files in the storage."""
    return {path.name for path in (product.home / "files").rglob("*") if path.is_file()}


def known_files(product: Product) -> set[str]:
    """Return the keys of what belongs to jobs that have ended."""
    rows = ask(product, "SELECT key FROM job_files JOIN files USING (key) WHERE NOT working")
    return {str(key) for (key,) in rows}
