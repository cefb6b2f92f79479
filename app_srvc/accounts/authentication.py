"""Whether somebody is who they say they are."""

from app_srvc import db
from app_srvc.accounts import names, passwords, throttling
from app_srvc.accounts.repository import users
from app_srvc.accounts.repository.users import User
from app_srvc.admission import addresses
from app_srvc.errors import Forbidden
from app_srvc.words import _


class Locked(Forbidden):
    """Right, and yet not let in."""

    says = _("This account is locked. Please ask an operator of this server.")


def find(name: str, password: str, address: str) -> User | None:
    """Return whoever has this login or e-mail address and this password.

    For a name that nobody has everything is done as for one that somebody has.

    Raises:
        TooManyTries: for the account, or from the address, there were too many.
        Locked: it is right, and an operator has locked the account.
        TooBusy: too many are logging in at once.
    """
    login_key, email_key = names.login_key(name), names.email_key(name)
    throttling.count(throttling.FROM_ADDRESS, addresses.network(address))
    with db.transaction() as conn:
        found = users.find_secrets(conn, login_key, email_key)
    # What was typed, not whose it is: or the count would tell that two names are one person's.
    account = login_key or email_key or name
    throttling.count(throttling.OF_ACCOUNT, account)
    hashed = found.password_hash if found else None
    if not passwords.fits(password, hashed) or found is None or hashed is None:
        return None
    for typed in (names.login_key(found.user.login), names.email_key(found.user.email)):
        throttling.forgive(throttling.OF_ACCOUNT, typed)
    if found.user.state == "locked":
        raise Locked
    if passwords.is_dated(hashed):
        with db.transaction() as conn:
            users.rehash(conn, found.user.id, hashed, passwords.hash_of(password))
    return found.user


def confirm(user: User, password: str, address: str) -> bool:
    """Say whether somebody who has logged in knows their password.

    Raises:
        TooManyTries: there were too many tries.
        TooBusy: too many are logging in at once.
    """
    return find(user.login, password, address) is not None
