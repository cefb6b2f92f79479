"""What a person tells about themselves when they register, as a form or as JSON."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import EmailField, Field, HiddenField, StringField, TelField
from wtforms.validators import InputRequired, ValidationError

from app_srvc import settings
from app_srvc.accounts import names
from app_srvc.accounts.repository.users import Profile
from app_srvc.errors import BadRequest, InvalidForm, WrongMediaType
from app_srvc.jobs.forms import LOOK_AGAIN, PlainForm
from app_srvc.web import locales
from app_srvc.words import _

# What programs send that were written for the form before this one.
ALIASES = {
    "szFirstName": "first_name",
    "szLastName": "last_name",
    "szLogin": "login",
    "szEmail": "email",
    "szPhone": "phone",
}
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")


class Normal:
    """Checks a field, and keeps it in its normal form."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self.read = read

    def __call__(self, form: "RegistrationForm", field: Field) -> None:
        """Keep it.

        Raises:
            ValidationError: it has no normal form.
        """
        try:
            form.normal[field.name] = self.read(field.data or "")
        except names.Wrong as wrong:
            raise ValidationError(wrong.sentence) from None


def _phone(text: str) -> str:
    return names.phone(text, settings.load().phone_region)


class RegistrationForm(PlainForm):
    """A registration. `once` makes two presses of the button one registration.

    Its token is checked with those of all forms, so that programs without a cookie need none.
    """

    first_name = StringField(
        _("First name"), [InputRequired(_("Please write a name.")), Normal(names.person_name)]
    )
    last_name = StringField(
        _("Last name"), [InputRequired(_("Please write a name.")), Normal(names.person_name)]
    )
    login = StringField(
        _("Login"), [InputRequired(_("Please choose a login.")), Normal(names.login)]
    )
    email = EmailField(
        _("E-mail"), [InputRequired(_("Please write an e-mail address.")), Normal(names.email)]
    )
    phone = TelField(
        _("Telephone"), [InputRequired(_("Please write a telephone number.")), Normal(_phone)]
    )
    once = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.normal: dict[str, Any] = {}

    def profile(self) -> Profile:
        """Return what was told, in its normal form.

        Raises:
            InvalidForm: a field needs another look.
        """
        if not self.validate():
            raise InvalidForm(LOOK_AGAIN, self.errors)
        first, last = self.normal["first_name"], self.normal["last_name"]
        login, email = self.normal["login"], self.normal["email"]
        return Profile(
            first, last, names.name_key(first, last), login.shown, login.key,
            email.shown, email.key, self.normal["phone"], locales.language(),
        )  # fmt: skip


def read() -> RegistrationForm:
    """Return what the request brought.

    Raises:
        WrongMediaType: it is neither a form nor JSON.
        BadRequest: its JSON is no object.
        InvalidForm: a field of it is no text.
    """
    if request.is_json:
        return RegistrationForm(formdata=_fields(request.get_json(silent=True)))
    if request.mimetype not in FORM_TYPES:
        raise WrongMediaType(_("Send a form, or JSON as application/json."))
    return RegistrationForm(formdata=_renamed(request.form))


def once_key(form: RegistrationForm) -> str | None:
    """Return what makes a repeated request the same one; None when there is nothing.

    Raises:
        BadRequest: the header is no key.
    """
    header = request.headers.get(KEY_HEADER)
    if header is not None and not _KEY.fullmatch(header):
        raise BadRequest(_("%(header)s takes 1 to 255 printable characters.", header=KEY_HEADER))
    return header or (form.once.data or "")[:255] or None


def _fields(body: Any) -> MultiDict[str, str]:
    if not isinstance(body, dict):
        raise BadRequest(
            _("Send one JSON object with first_name, last_name, login, email and phone.")
        )
    ours = {*ALIASES, *ALIASES.values(), "once"}
    known = _renamed({n: value for n, value in body.items() if n in ours and value is not None})
    wrong = [name for name, value in known.items() if not isinstance(value, str)]
    if wrong:
        told: list[str] = [_("This has to be text.")]
        raise InvalidForm(LOOK_AGAIN, dict.fromkeys(wrong, told))
    return known


def _renamed(sent: Mapping[str, Any]) -> MultiDict[str, Any]:
    return MultiDict((ALIASES.get(name, name), value) for name, value in sent.items())
