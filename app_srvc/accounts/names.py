"""What a person is called and reached by: checked, and brought into one form.

A login is compared by RFC 8265's profile UsernameCaseMapped, so that neither case nor width makes
two of one; and it may not mix scripts, so that none can pass for another. What comes out of each
function is what is stored and shown; its key is what is compared.
"""

import re
import unicodedata
from typing import NamedTuple

import email_validator
import phonenumbers
from confusable_homoglyphs import categories
from precis_i18n import get_profile

from app_srvc.errors import Told
from app_srvc.words import _

SHORTEST_LOGIN, LONGEST_LOGIN = 3, 30
LONGEST_NAME = 100
# A key of a name ends here: some single characters are written out as eighteen in it.
LONGEST_KEY = 256
LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3: 256 octets with the angle brackets

_LOGIN = re.compile(r"\w[\w.-]*\w")
_PLAIN = _("A login has letters, digits, dots, hyphens and underscores only.")
# Scripts that are written together in Chinese, Japanese and Korean.
_TOGETHER = ({"HAN", "HIRAGANA", "KATAKANA"}, {"HAN", "HANGUL"}, {"HAN", "BOPOMOFO"})


class Wrong(Told):
    """A name that cannot be; the sentence is for whoever typed it."""


class Login(NamedTuple):
    """A login as it is shown, and as it is compared."""

    shown: str
    key: str


class Email(NamedTuple):
    """An address as it is written to, and as it is compared."""

    shown: str
    key: str


class Beginning(NamedTuple):
    """What the keys of each kind begin with whose names begin with a text."""

    login: str
    email: str
    name: str


def person_name(text: str) -> str:
    """Return a first or last name in NFC, without space around it.

    Raises:
        Wrong: it is empty, too long, without a letter, or has control characters.
    """
    name = unicodedata.normalize("NFC", text.strip())
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in name):
        raise Wrong(_("A name has no control characters."))
    name = " ".join(name.split())
    if not any(char.isalpha() for char in name):
        raise Wrong(_("Please write a name."))
    if len(name) > LONGEST_NAME:
        raise Wrong(_("A name has at most %(most)s characters.", most=LONGEST_NAME))
    return name


def name_key(first: str, last: str) -> str:
    """Return what people are sorted by, and searched by its beginning."""
    return _plain(f"{last} {first}").casefold()[:LONGEST_KEY]


def given_key(first: str, last: str) -> str:
    """Return what people are searched by as well: the first name may be the one that is known."""
    return name_key(last, first)


def beginning(text: str) -> Beginning:
    """Return what to look for when somebody searches for a text, whatever it is."""
    plain = _plain(text)
    # An address that is whole may have a domain whose key is written in other letters.
    return Beginning(plain.lower(), email_key(plain) or plain.casefold(), plain.casefold())


def login(text: str) -> Login:
    """Check a login.

    Raises:
        Wrong: it is too short or long, has other characters than letters, digits, dots, hyphens
            and underscores, or mixes scripts.
    """
    # Before anything looks at it more closely: profiles take their time with long texts.
    shown = text.strip()[: LONGEST_LOGIN * 4]
    try:
        key = get_profile("UsernameCaseMapped").enforce(unicodedata.normalize("NFKC", shown))
    except UnicodeEncodeError:
        raise Wrong(_PLAIN) from None
    if not SHORTEST_LOGIN <= len(key) <= LONGEST_LOGIN:
        raise Wrong(
            _(
                "A login has %(least)s to %(most)s characters.",
                least=SHORTEST_LOGIN,
                most=LONGEST_LOGIN,
            )
        )
    if not _LOGIN.fullmatch(key):
        raise Wrong(_PLAIN)
    scripts = categories.unique_aliases(key) - {"COMMON", "INHERITED"}
    if len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER):
        raise Wrong(_("A login is written in one script: no Latin letters among Cyrillic ones."))
    return Login(unicodedata.normalize("NFKC", shown), key)


def email(text: str) -> Email:
    """Check an address, without asking anybody whether it exists.

    Raises:
        Wrong: no mail can be sent there.
    """
    if len(text) > LONGEST_EMAIL:
        raise Wrong(_("An e-mail address has at most %(most)s characters.", most=LONGEST_EMAIL))
    try:
        found = email_validator.validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False
        )
    except email_validator.EmailNotValidError:
        raise Wrong(_("That is no e-mail address; it looks like name@example.org.")) from None
    ascii_email = found.ascii_email or found.normalized
    return Email(found.normalized, ascii_email.casefold())


def phone(text: str, region: str | None) -> str:
    """Return a telephone number in E.164; one without a country's code is of `region`.

    Raises:
        Wrong: there can be no such number.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Wrong(
            _("That is no telephone number; with a country's code it looks like +380 44 123 4567.")
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def login_key(text: str) -> str:
    """Return the key of what may be a login, whatever it is."""
    try:
        return login(text).key
    except Wrong:
        return ""


def email_key(text: str) -> str:
    """Return the key of what may be an address, whatever it is."""
    try:
        return email(text).key
    except Wrong:
        return ""


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
