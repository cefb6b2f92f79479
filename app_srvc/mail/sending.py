"""Send one mail, or keep it where there is no server to send it.

Between the server's word that it has taken a mail and our note of it, this process may be killed,
or the word may be lost on its way: then the mail goes twice, under one Message-ID. So the note
follows at once, and everything else, goodbyes included, comes after.
"""

import logging

from app_srvc import db, settings
from app_srvc.accounts import password_links
from app_srvc.errors import DatabaseDown, RemoteDown
from app_srvc.jobs import running
from app_srvc.mail import faults, letters, messages, repository, smtp
from app_srvc.mail.repository import Mail, State
from app_srvc.words import _

log = logging.getLogger(__name__)

DEAD_LINK = _("Its link has been used or is too old, or the account is locked.")


def send(mail_id: str) -> None:
    """Send a mail, unless it has gone or there is no use in it any more.

    Raises:
        PermanentError: the server will never take it.
        RemoteDown: the server does not take it just now.
    """
    mail = _prepare(mail_id)
    if mail is None:
        return
    server = settings.load().mail_server
    if server is None:
        with db.transaction() as conn:
            running.hold(conn)
            repository.settle(conn, mail_id, State.KEPT)
        return
    try:
        with smtp.conversation(server, settings.load().sender.domain) as talk:
            _hand_over(talk, mail)
    except faults.Refused as refused:
        with db.transaction() as conn:
            running.hold(conn)
            repository.settle(conn, mail_id, State.FAILED, refused.told)
        raise
    except RemoteDown as down:
        log.warning("mail %s has not gone yet: %s", mail_id, down.sentence)
        raise


def _prepare(mail_id: str) -> Mail | None:
    """Return a mail that is to go, with a link that is good for a day from now; None for none.

    The mail may have waited for as long as its link was good for.
    """
    with db.transaction() as conn:
        running.hold(conn)
        mail = repository.find(conn, mail_id)
        if mail is None or mail.state in {State.SENT, State.DROPPED}:
            return None  # Its reader is gone, or an earlier attempt has got so far.
        if mail.link_id is None:
            return mail
        until = password_links.prolong(conn, mail.link_id)
        if until is None:
            repository.settle(conn, mail_id, State.DROPPED, DEAD_LINK)
            return None
    return mail._replace(link_until=until)


def _hand_over(talk: smtp.Conversation, mail: Mail) -> None:
    link = letters.address_of(password_links.token_of(mail.link_id)) if mail.link_id else ""
    letter = letters.write(mail.kind, mail.reader, link, mail.link_until, mail.about)
    message = bytes(messages.message(mail, letter))
    # To get here may have taken a while. A database that is away now will hardly take our note.
    with db.transaction() as conn:
        running.hold(conn)
    talk.send(settings.load().sender.address, messages.address_of(mail), message)
    _note(mail.id)


def _note(mail_id: str) -> None:
    """Note that a mail has gone. That is so whoever holds the job by now."""

    def settle() -> None:
        with db.transaction() as conn:
            repository.settle(conn, mail_id, State.SENT)

    try:
        db.insist(settle)
    except DatabaseDown:
        log.warning("mail %s has gone, which could not be noted: it may go again", mail_id)
        raise
