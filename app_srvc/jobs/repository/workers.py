"""The register of workers: who lives, and what they serve."""

from app_srvc.db import Connection

# For so long a worker lives that was heard of; it shows itself every five seconds.
ALIVE_SECONDS = 20
ALIVE = f"{ALIVE_SECONDS} seconds"


def register(
    conn: Connection,
    name: str,
    queues: list[str],
    host: str,
    pid: int,
    *,
    memory_bytes: int | None = None,
) -> None:
    """Note that a worker lives, what it serves, and how much memory it has, if it knows."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO workers (name, queues, host, pid, memory_bytes)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (name) DO UPDATE"
            " SET seen_at = now(), memory_bytes = excluded.memory_bytes",
            (name, queues, host, pid, memory_bytes),
        )


def forget(conn: Connection, name: str) -> None:
    """Note that a worker has stopped."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM workers WHERE name = %s", (name,))


def forget_dead(conn: Connection) -> None:
    """Drop workers that have been silent for an hour."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM workers WHERE seen_at < now() - interval '1 hour'")
