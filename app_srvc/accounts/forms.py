"""What people type to come in, and to change their account."""

from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from wtforms import (
    Field,
    HiddenField,
    PasswordField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app_srvc import words
from app_srvc.accounts import passwords
from app_srvc.accounts.viewing import OPERATE, READ, SUBMIT
from app_srvc.jobs.forms import NO_CHOICE, Choice
from app_srvc.web import locales
from app_srvc.words import _

SCOPES = {
    READ: _("See my jobs and their results"),
    SUBMIT: _("Send work, and cancel, rename or delete it"),
    OPERATE: _("Act as an operator: see and change everybody's"),
}
DAYS = {"30": _("30 days"), "365": _("a year"), "": _("until I revoke it")}


class SafeForm(FlaskForm):
    """A form that needs its token even of a visitor without a cookie.

    Otherwise another site could log somebody in to an account that is not theirs, and read there
    what they send.
    """

    def is_sent(self) -> bool:
        """Say whether it was sent and is in order.

        Raises:
            CSRFError: it did not come from this site.
        """
        if not self.is_submitted():
            return False
        is_valid = bool(self.validate())
        if self.csrf_token.errors:
            raise CSRFError(str(self.csrf_token.errors[0]))
        return is_valid


class LoginForm(SafeForm):
    """Login or address, and password."""

    login = StringField(_("Login or e-mail"), [InputRequired(_("Please write your login."))])
    password = PasswordField(_("Password"), [InputRequired(_("Please write your password."))])
    next = HiddenField()


class ForgottenForm(SafeForm):
    """Whoever wants a link to set a password."""

    email = StringField(_("E-mail"), [InputRequired(_("Please write your e-mail address."))])


class NewPasswordForm(SafeForm):
    """A new password, typed twice."""

    password = PasswordField(_("New password"), [InputRequired(_("Please choose a password."))])
    again = PasswordField(_("The same once more"))
    token = HiddenField()

    def __init__(self, *names: str) -> None:
        super().__init__()
        self._names = names

    def validate_password(self, field: Field) -> None:
        """Refuse what is easily guessed."""
        try:
            passwords.check(field.data or "", *self._names)
        except passwords.Weak as weak:
            raise ValidationError(weak.sentence) from None

    def validate_again(self, field: Field) -> None:
        """Refuse a slip of the fingers."""
        if field.data != self.password.data:
            raise ValidationError(_("The two are not the same."))


class PasswordForm(NewPasswordForm):
    """The same for somebody who has a password."""

    current = PasswordField(_("Password so far"), [InputRequired(_("Please write your password."))])


class Scopes(SelectMultipleField):
    """What a token may be made for; others are refused in our own words."""

    def pre_validate(self, form: BaseForm) -> None:
        """Look whether they can be chosen."""
        try:
            super().pre_validate(form)
        except ValidationError:
            raise ValidationError(NO_CHOICE) from None


class TokenForm(SafeForm):
    """A token for programs."""

    name = StringField(
        _("What it is for"),
        [
            InputRequired(_("Please give it a name.")),
            Length(max=100, message=_("A name has at most %(max)s characters.")),
        ],
        filters=[lambda text: (text or "").strip()],
    )
    scopes = Scopes(
        _("It may"),
        [InputRequired(_("Please choose what it may."))],
        choices=[],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    days = Choice(_("It lasts"), choices=[])

    def __init__(self, *, for_operator: bool) -> None:
        super().__init__()
        self.scopes.choices = [
            (scope, label) for scope, label in SCOPES.items() if scope != OPERATE or for_operator
        ]
        self.days.choices = list(DAYS.items())

    def validate_name(self, field: Field) -> None:
        """Refuse what nobody could read."""
        if not (field.data or "").isprintable():
            raise ValidationError(_("A name has no control characters."))


class LanguageForm(SafeForm):
    """The language of pages and mails."""

    language = Choice(_("Language"), choices=[], id="account-language")

    def __init__(self, chosen: str | None) -> None:
        super().__init__(data={"language": chosen or ""})
        self.language.choices = [
            SelectChoice("", _("as the browser asks")),
            *(SelectChoice(*one, {"lang": locales.tag(one[0])}) for one in words.LANGUAGES.items()),
        ]


class DeleteForm(SafeForm):
    """Whoever wants to be forgotten."""

    password = PasswordField(
        _("Password"), [InputRequired(_("Please write your password."))], id="delete-password"
    )
