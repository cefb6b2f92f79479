"""Changes of an account that have to hold together."""

from uuid import UUID

from app_srvc import db
from app_srvc.accounts import password_links, passwords, secret, sessions, tasks
from app_srvc.accounts.repository import password_requests, tokens, users
from app_srvc.accounts.repository.users import User
from app_srvc.accounts.viewing import TOKEN_PREFIX
from app_srvc.errors import NotFound
from app_srvc.jobs import submission
from app_srvc.mail import posting
from app_srvc.words import _

GONE = _("This link was used already, is older than a day, or was not copied whole.")


def owner_of_link(token: str) -> User:
    """Return who may set a password with a link.

    Raises:
        NotFound: nobody.
    """
    with db.transaction() as conn:
        user = password_links.find(conn, token)
    if user is None:
        raise NotFound(GONE)
    return user


def set_password_by_link(token: str, password: str) -> User:
    """Set a password with a link, which is used up, and log its owner out everywhere.

    Raises:
        NotFound: the link was used meanwhile.
    """
    hashed = passwords.hash_of(password)
    with db.transaction() as conn:
        user = password_links.find(conn, token)
        # The person first, as all do who lock both.
        if user is None or not users.lock(conn, user.id) or not password_links.use(conn, token):
            raise NotFound(GONE)
        _set_password(conn, user, hashed)
    return user


def set_password(user: User, password: str) -> None:
    """Set another password, and log its owner out everywhere."""
    hashed = passwords.hash_of(password)
    with db.transaction() as conn:
        _set_password(conn, user, hashed)


def ask_for_link(email_key: str) -> None:
    """Let a worker find out whether there is somebody to send a link to.

    So it takes as long for an address that is registered as for one that is not.
    """
    job_id = submission.new_id()
    with db.transaction() as conn:
        submission.submit(
            conn, tasks.send_link, job_id,
            job_id=job_id, owner=submission.SYSTEM, timeout_seconds=60,
        )  # fmt: skip
        password_requests.add(conn, job_id, email_key)


def make_token(user: User, name: str, scopes: list[str], days: int | None) -> str:
    """Make a token for programs, and return it: nobody can see it later."""
    made = TOKEN_PREFIX + secret.new()
    with db.transaction() as conn:
        tokens.add(
            conn, submission.new_id(), user.id, name=name, token_hash=secret.digest(made),
            scopes=scopes, days=days,
        )  # fmt: skip
    return made


def revoke_token(user: User, token_id: UUID) -> None:
    """Make a token worthless.

    Raises:
        NotFound: they have no such token.
    """
    with db.transaction() as conn:
        if not tokens.revoke(conn, user.id, str(token_id)):
            raise NotFound(_("There is no such token, or it is not yours."))


def delete(user: User) -> None:
    """Forget somebody at once; what they have sent is deleted by a worker.

    Until it is, it belongs to nobody who could ask for it.
    """
    with db.transaction() as conn:
        users.delete(conn, user.id)
        tasks.submit_erasure(conn, user.owner)


def _set_password(conn: db.Connection, user: User, hashed: str) -> None:
    users.set_password(conn, user.id, hashed)
    sessions.end_all(conn, user)
    if user.state == "active":
        posting.post(conn, user.id, "changed")
