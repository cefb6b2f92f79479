"""Work that the usrreg queue carries for registrations. Knows nothing of HTTP.

What becomes of a registration is settled in one transaction, with the mail that says so. Killed
before its end, nothing has happened; after it, the next attempt finds it settled.
"""

from app_srvc import db
from app_srvc.accounts import steady
from app_srvc.accounts.repository import users
from app_srvc.accounts.repository.users import Profile
from app_srvc.errors import PermanentError
from app_srvc.jobs import submission
from app_srvc.jobs.registry import task
from app_srvc.mail import posting
from app_srvc.queues import Queue
from app_srvc.usrreg import repository
from app_srvc.words import _

# Whoever has not set a password by then is forgotten, and so is what the registration held.
UNCONFIRMED_DAYS = 7

CREATED, LOGIN_TAKEN = "created", "login taken"
SENT_TWICE, EMAIL_TAKEN = "sent twice", "email taken"
# An address that is taken is no reason that a stranger may read: its owner is written to.
_REASONS = {
    LOGIN_TAKEN: _("This login is taken. Please register with another one."),
    SENT_TWICE: _("You have registered with this address already. Please look into your mail."),
}


@task(Queue.USRREG, max_failures=5, pause_seconds=2.0, page="usrreg.show", title=_("Registration"))
def register(job_id: str) -> None:
    """Make an account of a registration, and mail the link to set its password.

    An address that is registered already is written to as well, so that only its owner learns of
    it; whoever has sent it before is told here. Running twice is harmless.
    """
    # The sender sees how long the job took.
    with steady.time_spent(), db.transaction() as conn:
        registration = repository.lock(conn, job_id)
        if registration is None:
            return  # Deleted while it waited.
        outcome = registration.outcome
        if registration.profile is not None:
            outcome = _settle(conn, job_id, registration.profile)
            repository.settle(conn, job_id, outcome)
    if outcome is None:
        raise PermanentError(_("What was told is no longer kept. Please register again."))
    if outcome in _REASONS:
        raise PermanentError(_REASONS[outcome])


def keep_house(conn: db.Connection) -> None:
    """Forget accounts that nobody has confirmed, and logins that nobody has got."""
    users.forget_unconfirmed(conn, UNCONFIRMED_DAYS)
    repository.forget_reservations(conn)
    repository.forget_told(conn, UNCONFIRMED_DAYS)


def _settle(conn: db.Connection, job_id: str, profile: Profile) -> str:
    """Do what is to be done, and return what has become of it."""
    login_key = profile.login_key
    if repository.is_reserved(conn, login_key) or users.find_by_login(conn, login_key):
        return LOGIN_TAKEN
    # Of what they have sent themselves, whatever became of it: so this tells nothing else.
    if repository.was_sent_before(conn, job_id):
        return SENT_TWICE
    user_id = submission.new_id()
    if users.add(conn, user_id, profile):
        posting.post(conn, user_id, "welcome")
        return CREATED
    if users.find_by_login(conn, login_key):
        return LOGIN_TAKEN  # By somebody who registers at this moment.
    there = users.find_by_email(conn, profile.email_key)
    if there is None:
        raise RuntimeError("Whoever was in the way is gone.")  # The next attempt finds room.
    # The login goes to nobody: still free, it would tell that the address was not.
    repository.reserve(conn, login_key, UNCONFIRMED_DAYS)
    posting.post_once_in_a_while(conn, there.id, "exists")
    return EMAIL_TAKEN
