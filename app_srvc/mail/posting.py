"""Post mail to people with accounts; a worker sends it."""

from app_srvc.accounts import password_links
from app_srvc.accounts.repository.users import User
from app_srvc.db import Connection
from app_srvc.errors import Conflict
from app_srvc.jobs import submission
from app_srvc.mail import repository, tasks
from app_srvc.words import _

# Nobody gets the same mail over and over because somebody else has asked for it.
PAUSE_MINUTES = 5
WITH_LINK = frozenset({"welcome", "reset", "exists"})


def kind_for(user: User) -> str:
    """Return which mail brings somebody a link: for their first password, or for another."""
    return "welcome" if user.state == "waiting" else "reset"


def post(conn: Connection, user_id: str, kind: str, about: str | None = None) -> str:
    """Post a mail in the caller's transaction, and return its id.

    `kind` is `changed`; `ended`, which tells of the job `about`; or `welcome`, `reset` or `exists`,
    whose link lets the reader set a password.
    """
    link_id = submission.new_id() if kind in WITH_LINK else None
    if link_id is not None:
        password_links.add(conn, link_id, user_id)
    return tasks.submit(conn, user_id, kind, link_id=link_id, about=about)


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
