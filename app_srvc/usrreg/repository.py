"""The rows of registrations: what was sent, until it has become an account or has not."""

import json
from typing import NamedTuple

from app_srvc.accounts.repository.users import Profile
from app_srvc.db import Connection


class NewRegistration(NamedTuple):
    """What is recorded of a registration; the hashes are of its key and of what was sent."""

    job_id: str
    profile: Profile
    sender: str | None
    once_hash: str | None
    body_hash: str
    email_hash: str


class Registration(NamedTuple):
    """A registration. `profile` None is one that has been dealt with: see `outcome`."""

    profile: Profile | None
    outcome: str | None


class Earlier(NamedTuple):
    """A registration that was sent before with the same key."""

    job_id: str
    body_hash: str


def add(conn: Connection, new: NewRegistration) -> bool:
    """Record a registration; False when one with the same key was recorded before.

    One that is being recorded at this moment is waited for.
    """
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO registrations (job_id, profile, guest, once_hash, body_hash, email_hash)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (once_hash) DO NOTHING",
            (new.job_id, json.dumps(new.profile), *new[2:]),
        )
        return cur.rowcount == 1


def find_earlier(conn: Connection, once_hash: str) -> Earlier | None:
    """Return the registration that was sent before with this key."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT job_id, body_hash FROM registrations WHERE once_hash = %s", (once_hash,)
        )
        row = cur.fetchone()
    return Earlier(*row) if row else None


def lock(conn: Connection, job_id: str) -> Registration | None:
    """Return a registration, which nobody else can deal with until the transaction ends."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT profile, outcome FROM registrations WHERE job_id = %s FOR UPDATE",
            (job_id,),
        )
        row = cur.fetchone()
    return Registration(row[0] and Profile(*row[0]), row[1]) if row else None


def settle(conn: Connection, job_id: str, outcome: str) -> None:
    """Note what has become of a registration, and forget what was told in it."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE registrations SET outcome = %s, profile = NULL WHERE job_id = %s",
            (outcome, job_id),
        )


def was_sent_before(conn: Connection, job_id: str) -> bool:
    """Say whether its sender has sent a registration with the same address before.

    One whose login was taken does not count: they were told to send another. Of a sender without
    a cookie nobody can say.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM registrations AS this JOIN registrations AS earlier"
            " USING (guest, email_hash) WHERE this.job_id = %s"
            " AND earlier.job_id <> this.job_id"
            " AND earlier.outcome IN ('created', 'sent twice', 'email taken') LIMIT 1",
            (job_id,),
        )
        return cur.rowcount == 1


def is_reserved(conn: Connection, login_key: str) -> bool:
    """Say whether a login is kept free for now."""
    with conn.cursor() as cur:
        cur.execute("SELECT FROM reserved_logins WHERE login_key = %s", (login_key,))
        return cur.rowcount == 1


def reserve(conn: Connection, login_key: str, days: int) -> None:
    """Keep a login from others for some days."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO reserved_logins (login_key, expires_at)"
            " VALUES (%s, now() + %s * interval '1 day') ON CONFLICT (login_key)"
            " DO UPDATE SET expires_at = excluded.expires_at",
            (login_key, days),
        )


def forget_reservations(conn: Connection) -> None:
    """Forget logins that are free again."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM reserved_logins WHERE expires_at < now()")


def forget_told(conn: Connection, days: int) -> None:
    """Forget what was told in registrations that came to nothing: cancelled, or failed."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE registrations SET profile = NULL FROM jobs WHERE jobs.id = job_id"
            " AND profile IS NOT NULL AND ended_at < now() - %s * interval '1 day'",
            (days,),
        )
