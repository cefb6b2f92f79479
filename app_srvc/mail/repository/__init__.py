"""All SQL about mail."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from app_srvc.accounts.repository import users
from app_srvc.accounts.repository.users import User
from app_srvc.db import Connection
from app_srvc.jobs.repository import history, reading
from app_srvc.jobs.repository.reading import Job
from app_srvc.words import Sentence, _, pack, unpack


class State(StrEnum):
    """Where a mail stands. `kept` is for an operator to hand over, `dropped` was of no more use."""

    WAITING = "waiting"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def label(self) -> Sentence:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    State.WAITING: _("waiting"),
    State.SENT: _("sent"),
    State.KEPT: _("kept"),
    State.FAILED: _("failed"),
    State.DROPPED: _("dropped"),
}


class NewMail(NamedTuple):
    """A mail that waits to be sent by a job, which is recorded already.

    `about` is another job, that has ended.
    """

    id: str
    user_id: str
    kind: str
    link_id: str | None
    job_id: str
    about: str | None


class Mail(NamedTuple):
    """A mail as it stands. `reason` says why it has not gone (yet); `due_at` is its next try.

    `link_until` is None when there is no link, or when it can no longer be used. `about` is the job
    that it tells of, where one mail is asked for.
    """

    id: str
    kind: str
    state: State
    reason: str | None
    link_id: str | None
    link_until: datetime | None
    job_id: str
    due_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    about: Job | None
    reader: User


class Page(NamedTuple):
    """Mails, newest first, and whether older ones follow."""

    mails: list[Mail]
    has_older: bool


# A mail whose job came to nothing has failed, and one whose job is tried again has not.
STATE = """
    CASE WHEN mails.state NOT IN ('waiting', 'failed') THEN mails.state
         WHEN jobs.ended_at IS NULL THEN 'waiting' ELSE 'failed' END
"""
_SELECT = f"""
    SELECT mails.id, kind, {STATE},
        CASE WHEN mails.state = 'waiting' THEN {history.REASON} ELSE mails.reason END,
        link_id, expires_at, mails.job_id, due_at, mails.created_at, sent_at, about, reader.*
    FROM mails
    JOIN jobs ON jobs.id = mails.job_id
    JOIN LATERAL (SELECT {users.COLUMNS} FROM users WHERE users.id = mails.user_id) AS reader
        ON true
    LEFT JOIN password_links ON password_links.id = link_id AND expires_at > now()
"""  # noqa: S608


def add(conn: Connection, mail: NewMail) -> None:
    """Record a mail as waiting."""
    with conn.cursor() as cur:
        cur.execute(
            "INSERT INTO mails (id, user_id, kind, link_id, job_id, about)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            mail,
        )


def was_posted(conn: Connection, user_id: str, kind: str, minutes: int) -> bool:
    """Say whether a mail of a kind was posted to somebody so many minutes ago, or later."""
    with conn.cursor() as cur:
        cur.execute(
            "SELECT FROM mails WHERE user_id = %s AND kind = %s"
            " AND created_at > now() - %s * interval '1 minute' LIMIT 1",
            (user_id, kind, minutes),
        )
        return cur.rowcount == 1


def find(conn: Connection, mail_id: str) -> Mail | None:
    """Return a mail."""
    with conn.cursor() as cur:
        cur.execute(f"{_SELECT} WHERE mails.id = %s", (mail_id,))
        row = cur.fetchone()
        if row is None:
            return None
    about = reading.find(conn, row[10]) if row[10] else None
    return _mail(row)._replace(about=about)


def newest(conn: Connection, before: tuple[datetime, str] | None, limit: int) -> Page:
    """Return a page of all mails; the key of its last one gives the next page."""
    condition = "WHERE (mails.created_at, mails.id) < (%s, %s)" if before else ""
    with conn.cursor() as cur:
        cur.execute(
            f"{_SELECT} {condition} ORDER BY mails.created_at DESC, mails.id DESC LIMIT %s",
            (*(before or ()), limit + 1),
        )
        mails = [_mail(row) for row in cur.fetchall()]
    return Page(mails[:limit], len(mails) > limit)


def settle(conn: Connection, mail_id: str, state: State, reason: str | None = None) -> None:
    """Record what became of a mail. One that has gone has gone."""
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE mails SET state = %s, reason = %s,"
            " sent_at = CASE WHEN %s = 'sent' THEN now() END WHERE id = %s AND state <> 'sent'",
            (state, reason and pack(reason), state, mail_id),
        )


def give_up(conn: Connection, mail_id: str, reason: str) -> tuple[str, str, str | None] | None:
    """Compare and set: drop a mail that was kept or has failed, for another to take its place.

    Returns whose it was, its kind, and the job that it is about; None when it is neither.
    """
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE mails SET state = 'dropped', reason = %s FROM jobs"
            " WHERE mails.id = %s AND jobs.id = job_id AND jobs.ended_at IS NOT NULL"
            " AND mails.state IN ('waiting', 'failed', 'kept')"
            " RETURNING user_id, kind, about",
            (pack(reason), mail_id),
        )
        row = cur.fetchone()
    return row and (row[0], row[1], row[2])


def _mail(row: tuple[Any, ...]) -> Mail:
    mail = Mail._make((*row[:10], None, User(*row[11:])))
    return mail._replace(state=State(mail.state), reason=mail.reason and unpack(mail.reason))
