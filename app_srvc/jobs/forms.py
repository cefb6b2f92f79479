"""What can be asked of the list of jobs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, Form, IntegerField, SearchField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.form import BaseForm
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from app_srvc.jobs import registry
from app_srvc.jobs.repository.reading import Listing, Page
from app_srvc.jobs.states import State
from app_srvc.queues import Queue
from app_srvc.words import _

PAGE_SIZE = 20
LARGEST_PAGE = 100

NO_NUMBER = _("This takes a number from %(min)s to %(max)s.")
NO_CHOICE = _("There is no such choice.")
TOO_LONG = _("This takes at most %(max)s characters.")
LOOK_AGAIN = _("Something in the form needs another look.")


def _choices(values: Iterable[State] | Iterable[Queue]) -> list[SelectChoice]:
    return [SelectChoice("", _("any")), *(SelectChoice(value, value.label) for value in values)]


class PlainForm(FlaskForm):
    """A form whose token is checked elsewhere."""

    class Meta:
        """What WTForms asks."""

        csrf = False

        def get_translations(self, _form: Form) -> None:
            """Look up none of WTForms' own messages: all that are shown are ours."""


class Count(IntegerField):
    """A number that is not endless."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        if valuelist and len(valuelist[0]) > 9:
            raise ValueError(_("There are not that many."))
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("This takes a number.")) from None


class Choice(SelectField):
    """A choice that is refused in our own words."""

    def pre_validate(self, form: BaseForm) -> None:
        """Look whether it can be chosen."""
        try:
            super().pre_validate(form)
        except ValidationError:
            raise ValidationError(NO_CHOICE) from None


class Narrowing(Form):
    """Narrows a list that has the newest first. Sent by GET, so it needs no CSRF token."""

    q = SearchField(_("Name"), [Optional(), Length(max=200, message=TOO_LONG)])
    before = StringField(validators=[Optional(), Length(max=100, message=TOO_LONG)])
    limit = Count(
        validators=[Optional(), NumberRange(1, LARGEST_PAGE, NO_NUMBER)], default=PAGE_SIZE
    )

    def validate_q(self, field: Field) -> None:
        """Refuse what no name can hold."""
        if "\0" in (field.data or ""):
            raise ValidationError(_("No name is like that."))

    def validate_before(self, field: Field) -> None:
        """Refuse what is no key of a job."""
        try:
            read_key(field.data)
        except (ValueError, OverflowError):
            raise ValidationError(_("There is no such page.")) from None

    def key(self) -> tuple[datetime, str] | None:
        """Return the key behind which the page begins; None for the first page."""
        return read_key(self.before.data) if self.before.data else None


class JobFilter(Narrowing):
    """Narrows the list of jobs."""

    state = Choice(_("State"), [Optional()], choices=_choices(State))
    queue = Choice(_("Queue"), [Optional()], choices=_choices(Queue))

    def page(self) -> Page:
        """Return what to list; whose jobs is not for the address to say."""
        return Page(
            owner=None,
            state=self.state.data or None,
            queue=self.queue.data or None,
            text=self.q.data or None,
            tasks=tuple(registry.called_like(self.q.data)) if self.q.data else (),
            before=self.key(),
            limit=self.limit.data or PAGE_SIZE,
        )


def newest_query() -> str:
    """Return the query of the first page of the list that was asked for."""
    return "?" + urlencode({k: v for k, v in request.args.items() if k != "before"})


def older_query(listing: Listing) -> str | None:
    """Return the query of the next page; None when there is nothing more."""
    if not listing.has_older:
        return None
    last = listing.jobs[-1]
    return query_behind((last.created_at, last.id))


def query_behind(key: tuple[datetime, str]) -> str:
    """Return the query of the page that begins behind a key."""
    query = request.args.to_dict() | {"before": write_key(key)}
    return "?" + urlencode(query)


def write_key(key: tuple[datetime, str]) -> str:
    """Return the key of a page as it stands in addresses."""
    moment, row_id = key
    return f"{moment.isoformat()}~{row_id}"


def read_key(text: str) -> tuple[datetime, str]:
    """Read the key that an address names.

    Raises:
        ValueError, OverflowError: it is none.
    """
    moment, _tilde, row_id = text.partition("~")
    return datetime.fromisoformat(moment).astimezone(UTC), str(UUID(row_id))
