"""Where somebody wants to be told."""

from urllib.parse import urlsplit

from wtforms import Field, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from app_srvc import settings
from app_srvc.accounts.forms import SafeForm
from app_srvc.words import _

LONGEST = 2000


class WebhookForm(SafeForm):
    """An address. To where its name leads is looked at by whoever calls it, each time anew."""

    url = StringField(
        _("Address"),
        [
            InputRequired(_("Please write the address.")),
            Length(max=LONGEST, message=_("An address has at most %(max)s characters.")),
        ],
        filters=[lambda text: (text or "").strip()],
    )

    def validate_url(self, field: Field) -> None:
        """Refuse what cannot be called, and what others could read on its way."""
        schemes = ("https", "http") if settings.load().webhooks_private else ("https",)
        text = field.data or ""
        try:
            parts = urlsplit(text)
            is_good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good or not text.isascii() or not text.isprintable() or " " in text:
            raise ValidationError(_("This must be an address that begins with https://."))
        if parts.username is not None or parts.fragment:
            raise ValidationError(_("The address must not have a login or a # in it."))
