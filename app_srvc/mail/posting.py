"""Post mail to people with accounts; a worker sends it."""

from app_srvc.accounts import password_links
from app_srvc.accounts.repository.users import User
from app_srvc.db import Connection
from app_srvc.errors import Conflict
from app_srvc.jobs import submission
from app_srvc.mail import repository, tasks
from app_srvc.words import _

# Of all that nobody asked for by name: operators see it, and nobody else.
OWNER = "system"
# Far more than a conversation with the server may take.
TIMEOUT_SECONDS = 600
# Nobody gets the same mail over and over because somebody else has asked for it.
PAUSE_MINUTES = 5
WITH_LINK = frozenset({"welcome", "reset", "exists"})


def kind_for(user: User) -> str:
    """Return which mail brings somebody a link: for their first password, or for another."""
    return "welcome" if user.state == "waiting" else "reset"


def post(conn: Connection, user_id: str, kind: str, about: str | None = None) -> str:
    """Post a mail in the caller's transaction, and return its id.

    `kind` is `changed`; `ended`, which tells of the job `about`; or `welcome`, `reset` or `exists`,
    whose link lets the reader set a password. Neither the job nor its message in the queue tell to
    whom it goes.
    """
    mail_id, job_id = submission.new_id(), submission.new_id()
    link_id = submission.new_id() if kind in WITH_LINK else None
    if link_id is not None:
        password_links.add(conn, link_id, user_id)
    submission.submit(
        conn, tasks.send, mail_id,
        job_id=job_id, owner=OWNER, timeout_seconds=TIMEOUT_SECONDS,
    )  # fmt: skip
    repository.add(conn, repository.NewMail(mail_id, user_id, kind, link_id, job_id, about))
    return mail_id


def post_once_in_a_while(conn: Connection, user_id: str, kind: str) -> None:
    """The same, unless one of this kind was posted minutes ago: a stranger asks for these."""
    if not repository.was_posted(conn, user_id, kind, PAUSE_MINUTES):
        post(conn, user_id, kind)


def post_again(conn: Connection, mail_id: str) -> str:
    """Post a new mail in the place of one that was kept or has failed, and return its id.

    Raises:
        Conflict: it is neither, or has been replaced already.
    """
    replaced = repository.give_up(conn, mail_id, _("A new mail has taken its place."))
    if replaced is None:
        raise Conflict(_("Only a mail that was kept or has failed can be sent again."))
    return post(conn, *replaced)
