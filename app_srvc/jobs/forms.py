"""What can be asked of the list of jobs."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from wtforms import Form, IntegerField, SearchField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, NumberRange, Optional

from app_srvc.errors import InvalidForm
from app_srvc.jobs.repository.reading import Job, Page
from app_srvc.jobs.states import State
from app_srvc.queues import Queue

PAGE_SIZE = 20
LARGEST_PAGE = 100


def _choices(values: Iterable[str]) -> list[SelectChoice]:
    return [SelectChoice("", "any"), *(SelectChoice(str(value)) for value in values)]


class JobFilter(Form):
    """Narrows the list. Sent by GET, so it needs no CSRF token."""

    q = SearchField("Name", [Optional(), Length(max=200)])
    state = SelectField("State", [Optional()], choices=_choices(State))
    queue = SelectField("Queue", [Optional()], choices=_choices(Queue))
    before = StringField(validators=[Optional(), Length(max=100)])
    limit = IntegerField(validators=[Optional(), NumberRange(1, LARGEST_PAGE)], default=PAGE_SIZE)


def read_filter() -> tuple[JobFilter, Page]:
    """Read the filter from the address; whose jobs it is about is not for the address to say.

    Raises:
        InvalidForm: a field has a value that it cannot have.
    """
    form = JobFilter(request.args)
    if not form.validate():
        fields = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
        raise InvalidForm("The list cannot be narrowed like that.", fields)
    page = Page(
        owner=None,
        state=form.state.data or None,
        queue=form.queue.data or None,
        text=form.q.data or None,
        before=_read_key(form.before.data),
        limit=form.limit.data or PAGE_SIZE,
    )
    return form, page


def next_address(jobs: list[Job], page: Page) -> str | None:
    """Return the query of the next page; None when this one is the last."""
    if len(jobs) < page.limit:
        return None
    last = jobs[-1]
    query = request.args.to_dict() | {"before": f"{last.created_at.isoformat()}~{last.id}"}
    return "?" + urlencode(query)


def _read_key(text: str | None) -> tuple[datetime, str] | None:
    if not text:
        return None
    moment, _, job_id = text.partition("~")
    try:
        return datetime.fromisoformat(moment), str(UUID(job_id))
    except ValueError:
        unknown = {"before": ["There is no such page."]}
        raise InvalidForm("The list cannot be narrowed like that.", unknown) from None
