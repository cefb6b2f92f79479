"""What can be asked of a box of records."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import request
from wtforms import Field, Form, SearchField, StringField
from wtforms.fields import DateTimeLocalField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LARGEST_PAGE, NO_NUMBER, TOO_LONG, Choice, Count
from app_srvc.processors.forms import no_nul
from app_srvc.processors.presenting import STATUSES
from app_srvc.processors.repository.boxes import BOXES, Chosen, Key
from app_srvc.words import _

PAGE_SIZE = 50


class Moment(DateTimeLocalField):
    """A moment, of UTC where it does not say otherwise."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the moment."""
        try:
            moment = datetime.fromisoformat(valuelist[0]) if valuelist and valuelist[0] else None
        except ValueError:
            raise ValueError(_("This takes a date and a time.")) from None
        self.data = moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


class BoxFilter(Form):
    """Narrows a box. Sent by GET, so it needs no CSRF token."""

    status = Choice(
        _("Box"), choices=[SelectChoice(box, STATUSES[box]) for box in BOXES], default="dead"
    )
    q = SearchField(
        _("Part of the key or the error"), [Optional(), Length(max=200, message=TOO_LONG)]
    )
    http = Count(_("HTTP status"), [Optional(), NumberRange(100, 599, NO_NUMBER)])
    since = Moment(_("Last attempt since (UTC)"), [Optional()], format="%Y-%m-%dT%H:%M")
    until = Moment(_("Until (UTC)"), [Optional()], format="%Y-%m-%dT%H:%M")
    after = StringField(validators=[Optional(), Length(max=100, message=TOO_LONG)])
    limit = Count(
        validators=[Optional(), NumberRange(1, LARGEST_PAGE, NO_NUMBER)], default=PAGE_SIZE
    )

    def validate_q(self, field: Field) -> None:
        """Refuse what no text can hold."""
        no_nul(field)

    def validate_after(self, field: Field) -> None:
        """Refuse what is no key of a record."""
        try:
            _read_key(field.data)
        except (ValueError, OverflowError):
            raise ValidationError(_("There is no such page.")) from None

    def chosen(self, processor_id: int) -> Chosen:
        """Return which records are asked for.

        Raises:
            InvalidForm: the box cannot be narrowed like that.
        """
        if not self.validate():
            raise InvalidForm(_("The list cannot be narrowed like that."), self.errors)
        return Chosen(
            processor_id,
            (self.status.data or "dead",),
            text=self.q.data or None,
            http_status=self.http.data or None,
            since=self.since.data,
            until=self.until.data,
        )

    def key(self) -> Key | None:
        """Return behind which record the page begins."""
        return _read_key(self.after.data) if self.after.data else None

    def query(self, after: Key | None = None) -> dict[str, str]:
        """Return what was asked, as the query of a page that begins behind a record."""
        sent: dict[str, Any] = {
            "status": self.status.data,
            "q": self.q.data,
            "http": self.http.data,
            "since": self.since.data and self.since.data.isoformat(),
            "until": self.until.data and self.until.data.isoformat(),
            "limit": self.limit.data if self.limit.data != PAGE_SIZE else None,
            "after": after and write_key(after),
        }
        return {name: str(value) for name, value in sent.items() if value}

    def address(self, after: Key | None = None) -> str:
        """Return the query as text."""
        return "?" + urlencode(self.query(after))


def write_key(key: Key) -> str:
    """Return a key as it stands in addresses."""
    return f"{key[0].isoformat() if key[0] else ''}~{key[1]}"


def _read_key(text: str) -> Key:
    moment, _tilde, number = text.partition("~")
    record_id = int(number)
    if not 0 <= record_id < 2**63:
        raise ValueError(text)
    return datetime.fromisoformat(moment).astimezone(UTC) if moment else None, record_id


def sent_address() -> str:
    """Return the query of the page on which a form was that changes records."""
    form = BoxFilter(request.form)
    return form.address() if form.validate() else ""
