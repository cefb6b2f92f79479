"""Posting mail: a row, a link and a job, or none of them."""

import pytest

from app_srvc import db
from app_srvc.accounts import password_links
from app_srvc.mail import posting
from app_srvc.queues import Queue
from tests.support.accounts import add_user
from tests.support.performing import waiting
from tests.support.rows import rows

pytestmark = pytest.mark.usefixtures("database")


def test_a_mail_waits_with_its_link_and_its_job() -> None:
    user_id = add_user()
    with db.transaction() as conn:
        mail_id = posting.post(conn, user_id, "welcome")

    [(link_id, job_id)] = rows("SELECT link_id, job_id FROM mails WHERE state = 'waiting'")
    assert waiting(Queue.MAIL) == [job_id]
    assert rows("SELECT args, owner, title FROM jobs") == [([mail_id], "system", "Mail")]
    with db.transaction() as conn:
        found = password_links.find(conn, password_links.token_of(str(link_id)))
    assert found is not None
    assert found.id == user_id


def test_a_mail_without_a_link_has_none() -> None:
    user_id = add_user()
    with db.transaction() as conn:
        posting.post(conn, user_id, "changed")

    assert rows("SELECT link_id FROM mails") == [(None,)]
    assert rows("SELECT FROM password_links") == []


def test_what_is_rolled_back_was_never_posted() -> None:
    user_id = add_user()
    with db.transaction() as conn:
        posting.post(conn, user_id, "reset")
        conn.rollback()

    for table in ("mails", "jobs", "password_links"):
        assert rows(f"SELECT FROM {table}") == []
