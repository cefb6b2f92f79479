"""All SQL about webhooks. What is to be delivered is noted by the database as a job ends."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from app_srvc.db import Connection
from app_srvc.jobs.repository import history
from app_srvc.jobs.states import State as JobState
from app_srvc.words import Sentence, _, unpack


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def label(self) -> Sentence:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    State.WAITING: _("waiting"),
    State.DELIVERED: _("delivered"),
    State.FAILED: _("failed"),
}


class Webhook(NamedTuple):
    """Where somebody is told; the secret follows from the id."""

    id: str
    url: str
    created_at: datetime


class Delivery(NamedTuple):
    """What is told of a job. `answer` is the HTTP status that came last, if any came.

    `due_at` is when it is tried again; `reason` why it has not been delivered (yet).
    """

    id: str
    about: str
    service: str
    job_state: JobState
    ended_at: datetime
    state: State
    delivered_at: datetime | None
    answer: int | None
    due_at: datetime | None
    reason: str | None


class Errand(NamedTuple):
    """A delivery that is to be made, and to where. `rests` says that it had no answer just now."""

    delivery: Delivery
    webhook: Webhook
    rests: bool


# A retry may have come to nothing by other ways than an answer, so that its job knows why.
_DELIVERY = f"""
    deliveries.id, about, service, deliveries.state, deliveries.ended_at,
    CASE WHEN delivered_at IS NOT NULL THEN 'delivered'
         WHEN jobs.id IS NULL OR jobs.ended_at IS NULL THEN 'waiting' ELSE 'failed' END,
    delivered_at, answer, jobs.due_at,
    CASE WHEN delivered_at IS NULL THEN {history.REASON} END
"""
_FROM = "FROM webhook_deliveries AS deliveries LEFT JOIN jobs ON jobs.id = told_by"


def replace(conn: Connection, webhook_id: str, user_id: str, url: str) -> None:
    """Let somebody, whose row the caller has locked, be told at an address from now on.

    What was there before is gone, with what was told there.
    """
    remove(conn, user_id)
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO webhooks (id, user_id, url) VALUES (%s, %s, %s)",
            (webhook_id, user_id, url),
        )


def remove(conn: Connection, user_id: str) -> bool:
    """Forget somebody's webhook and what was told there; False when they have none."""
    with conn.cursor() as cur:
        cur.execute("DELETE FROM webhooks WHERE user_id = %s", (user_id,))
        return cur.rowcount == 1


def of_user(conn: Connection, user_id: str) -> Webhook | None:
    """Return where somebody is told, if anywhere."""
    with conn.cursor() as cur:
        cur.execute("SELECT id, url, created_at FROM webhooks WHERE user_id = %s", (user_id,))
        row = cur.fetchone()
    return Webhook(*row) if row else None


def newest(conn: Connection, webhook_id: str, limit: int) -> list[Delivery]:
    """Return what was told last, newest first."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {_DELIVERY} {_FROM} WHERE webhook_id = %s"
            " ORDER BY deliveries.ended_at DESC, deliveries.id DESC LIMIT %s",
            (webhook_id, limit),
        )
        return [_delivery(row) for row in cur.fetchall()]


def untold(conn: Connection, limit: int) -> list[str]:
    """Lock and return deliveries that no job tells yet, first come first."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM webhook_deliveries WHERE told_by IS NULL"
            " ORDER BY ended_at LIMIT %s FOR UPDATE SKIP LOCKED",
            (limit,),
        )
        return [row[0] for row in cur.fetchall()]


def let_tell(conn: Connection, delivery_id: str, job_id: str) -> None:
    """Note which job tells it."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE webhook_deliveries SET told_by = %s WHERE id = %s", (job_id, delivery_id)
        )


def take_again(conn: Connection, user_id: str, delivery_id: str) -> bool | None:
    """Lock a delivery of somebody's, to be made again: False when that cannot be yet.

    None says that they have none like that.
    """
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id FROM webhook_deliveries WHERE id = %s AND webhook_id ="
            " (SELECT id FROM webhooks WHERE user_id = %s) FOR UPDATE",
            (delivery_id, user_id),
        )
        if cur.fetchone() is None:
            return None
        cur.execute(
            "UPDATE webhook_deliveries SET delivered_at = NULL, answer = NULL FROM jobs"
            " WHERE webhook_deliveries.id = %s AND jobs.id = told_by AND jobs.ended_at IS NOT NULL",
            (delivery_id,),
        )
        return cur.rowcount == 1


def find(conn: Connection, delivery_id: str) -> Errand | None:
    """Return a delivery that is to be made; None when it has been, or nobody wants it any more."""
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {_DELIVERY}, webhooks.id, url, webhooks.created_at,"
            f" resting_until > now() {_FROM} JOIN webhooks ON webhooks.id = webhook_id"
            " JOIN users ON users.id = user_id AND users.locked_at IS NULL"
            " WHERE deliveries.id = %s AND delivered_at IS NULL",
            (delivery_id,),
        )
        row = cur.fetchone()
    if row is None:
        return None
    return Errand(_delivery(row[:10]), Webhook(*row[10:13]), row[13])


def answered(conn: Connection, delivery_id: str, status: int, *, is_delivered: bool) -> None:
    """Record what came back. What was delivered was."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE webhook_deliveries SET answer = %s,"
            " delivered_at = CASE WHEN %s THEN now() END WHERE id = %s AND delivered_at IS NULL",
            (status, is_delivered, delivery_id),
        )


def rest(conn: Connection, webhook_id: str, seconds: float) -> None:
    """Leave an address alone for a while that did not answer."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE webhooks SET resting_until = now() + %s * interval '1 second' WHERE id = %s",
            (seconds, webhook_id),
        )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    found = Delivery(*row)
    return found._replace(
        job_state=JobState(found.job_state),
        state=State(found.state),
        reason=found.reason and unpack(found.reason),
    )
