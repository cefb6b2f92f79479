"""For how many days things are to be kept, as somebody types it in."""

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, HiddenField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, NumberRange

from app_srvc import numbers
from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN, NO_NUMBER, Count
from app_srvc.periods import Periods
from app_srvc.settings import LONGEST_DAYS
from app_srvc.words import _

_IN_RANGE = NumberRange(1, LONGEST_DAYS, NO_NUMBER)


def _between(form: BaseForm, field: Field) -> None:
    """Refuse what is too few or too many; of what is no number that was said already."""
    if field.data is not None:
        _IN_RANGE(form, field)


_CHECKS = [InputRequired(_("This cannot be empty.")), _between]


class PeriodsForm(Form):
    """The days, and which version of them was seen."""

    files_days = Count(_("Files of jobs, days"), _CHECKS)
    jobs_days = Count(_("Jobs that have ended, with their transcripts, days"), _CHECKS)
    history_days = Count(_("Cycles, and what became of records, days"), _CHECKS)
    version = HiddenField()

    def days(self) -> Periods:
        """Return the days that were typed in."""
        return Periods(*(self[name].data for name in Periods._fields))

    def told_version(self) -> int:
        """Return the version that was seen; one that there never was for anything else."""
        told = numbers.read(self.version.data or "", most=10**9 - 1)
        return -1 if told is None else told


def looking() -> bool:
    """Say whether the address has days in it, of which the outcome is to be shown."""
    return any(name in request.args for name in Periods._fields)


def from_address(now: Periods) -> PeriodsForm:
    """Return the form as the address fills it in; what is left out stays as it is."""
    return _filled(now, request.args.to_dict())


def from_body(now: Periods) -> PeriodsForm:
    """Return the form as it was sent, or as a program has sent it as JSON.

    Raises:
        InvalidForm: it sends something else.
    """
    if not request.is_json:
        return _filled(now, request.form.to_dict())
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidForm(_("This takes a JSON object."))
    unknown = {str(name) for name in body} - {*Periods._fields, "version"}
    if unknown:
        told = _("There is no such parameter.")
        raise InvalidForm(LOOK_AGAIN, {name: [told] for name in sorted(unknown)})
    return _filled(now, {name: "" if value is None else value for name, value in body.items()})


def _filled(now: Periods, sent: Mapping[str, Any]) -> PeriodsForm:
    values = {name: str(value).strip() for name, value in {**now._asdict(), **sent}.items()}
    return PeriodsForm(MultiDict(values))
