"""The register of workers: who lives, and what they serve."""

from app_srvc.db import Connection


def register(conn: Connection, name: str, queues: list[str], host: str, pid: int) -> None:
    """Note that a worker lives and what it serves."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO workers (name, queues, host, pid) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET seen_at = now()",
            (name, queues, host, pid),
        )


def forget(conn: Connection, name: str) -> None:
    """Note that a worker has stopped."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM workers WHERE name = %s", (name,))


def forget_dead(conn: Connection) -> None:
    """Drop workers that have been silent for an hour."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM workers WHERE seen_at < now() - interval '1 hour'")
