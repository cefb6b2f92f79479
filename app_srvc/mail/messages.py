"""A letter as mail servers carry it."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import email_validator

from app_srvc import settings
from app_srvc.mail.letters import Letter, plain_name
from app_srvc.mail.repository import Mail

# Lines that every server takes, also one that knows nothing of 8BITMIME.
_POLICY = SMTP.clone(cte_type="7bit")


def message(mail: Mail, letter: Letter) -> EmailMessage:
    """Return a letter with its headers.

    Its Message-ID is the same each time: whoever gets it twice can see that.
    """
    sender = settings.load().sender
    made = EmailMessage(_POLICY)
    made["From"] = Address(sender.name, addr_spec=sender.address)
    made["To"] = Address(_name_of(mail), addr_spec=address_of(mail))
    made["Subject"] = letter.subject
    made["Date"] = formatdate()
    made["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    # No machine is to answer (RFC 3834; the second is for Exchange, which does not know it).
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(letter.text)
    made["Content-Language"] = letter.language.replace("_", "-")
    return made


def address_of(mail: Mail) -> str:
    """Return where a mail goes, in ASCII: not every server knows domains of other letters."""
    found = email_validator.validate_email(
        mail.reader.email, check_deliverability=False, globally_deliverable=False
    )
    return found.ascii_email or found.normalized


def _name_of(mail: Mail) -> str:
    return plain_name(f"{mail.reader.first_name} {mail.reader.last_name}")
