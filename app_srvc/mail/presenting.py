"""A mail as its page shows it."""

from app_srvc.accounts import password_links
from app_srvc.mail import letters
from app_srvc.mail.letters import Letter
from app_srvc.mail.repository import Mail, State
from app_srvc.words import _

# What each kind is called in the list.
SUBJECTS = {
    "welcome": _("Welcome"),
    "reset": _("New password"),
    "exists": _("Has an account already"),
    "changed": _("Password changed"),
    "ended": _("A job has ended"),
}
HIDDEN_LINK = _("[the link, which only its reader may know]")
DEAD_LINK = _("[a link that can no longer be used]")


def letter(mail: Mail) -> Letter:
    """Return what a mail says.

    Whoever has the link can take the account: an operator sees it only where they are to hand it
    over themselves.
    """
    return letters.write(mail.kind, mail.reader, _link(mail), mail.link_until, mail.about)


def _link(mail: Mail) -> str:
    if mail.link_id is None:
        return ""
    if mail.state != State.KEPT:
        return HIDDEN_LINK
    if mail.link_until is None:
        return DEAD_LINK
    return letters.address_of(password_links.token_of(mail.link_id))
