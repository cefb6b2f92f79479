"""What can be asked of the list of jobs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from wtforms import Field, Form, IntegerField, SearchField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from app_srvc.jobs.repository.reading import Listing, Page
from app_srvc.jobs.states import State
from app_srvc.queues import Queue

PAGE_SIZE = 20
LARGEST_PAGE = 100


def _choices(values: Iterable[str]) -> list[SelectChoice]:
    return [SelectChoice("", "any"), *(SelectChoice(str(value)) for value in values)]


class Count(IntegerField):
    """A number that is not endless."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        if valuelist and len(valuelist[0]) > 9:
            raise ValueError("There are not that many.")
        super().process_formdata(valuelist)


class JobFilter(Form):
    """Narrows the list. Sent by GET, so it needs no CSRF token."""

    q = SearchField("Name", [Optional(), Length(max=200)])
    state = SelectField("State", [Optional()], choices=_choices(State))
    queue = SelectField("Queue", [Optional()], choices=_choices(Queue))
    before = StringField(validators=[Optional(), Length(max=100)])
    limit = Count(validators=[Optional(), NumberRange(1, LARGEST_PAGE)], default=PAGE_SIZE)

    def validate_q(self, field: Field) -> None:
        """Refuse what no name can hold."""
        if "\0" in (field.data or ""):
            raise ValidationError("No name is like that.")

    def validate_before(self, field: Field) -> None:
        """Refuse what is no key of a job."""
        try:
            _read_key(field.data)
        except (ValueError, OverflowError):
            raise ValidationError("There is no such page.") from None

    def page(self) -> Page:
        """Return what to list; whose jobs is not for the address to say."""
        return Page(
            owner=None,
            state=self.state.data or None,
            queue=self.queue.data or None,
            text=self.q.data or None,
            before=_read_key(self.before.data) if self.before.data else None,
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
    query = request.args.to_dict() | {"before": f"{last.created_at.isoformat()}~{last.id}"}
    return "?" + urlencode(query)


def _read_key(text: str) -> tuple[datetime, str]:
    moment, _, job_id = text.partition("~")
    return datetime.fromisoformat(moment).astimezone(UTC), str(UUID(job_id))
