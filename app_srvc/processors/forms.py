"""What people set of a processor, and the checks of it."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FloatField, Form, HiddenField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN, NO_NUMBER, TOO_LONG, Choice, Count
from app_srvc.processors import handlers
from app_srvc.words import _

ON_UNKNOWN = {
    "park": _("leave it to a person (uncertain)"),
    "retry": _("try it again with the same key"),
}
_NEEDED = _("This cannot be empty.")
_HALF_DAY, _DAY, _DAYS = 43_200, 86_400, 3650


class Number(FloatField):
    """A number that may have a fraction."""

    def _value(self) -> str:
        """Return what stands in the field."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:g}"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        try:
            super().process_formdata([text.replace(",", ".").strip() for text in valuelist])
        except ValueError:
            raise ValueError(_("This takes a number.")) from None


def _between(least: float, most: float) -> list[Any]:
    return [InputRequired(_NEEDED), NumberRange(least, most, NO_NUMBER)]


class AddForm(Form):
    """A new processor."""

    name = StringField(
        _("Name"),
        [
            InputRequired(_("Please choose a name.")),
            Regexp(
                r"[a-z][a-z0-9-]{0,49}\Z",
                message=_(
                    "A name has at most 50 small letters a-z, digits and hyphens, and begins with"
                    " a letter."
                ),
            ),
        ],
    )
    title = StringField(
        _("Title"), [InputRequired(_("Please choose a title.")), Length(max=200, message=TOO_LONG)]
    )
    handler = Choice(_("What is done with each record"))

    def __init__(self, *given: Any, **values: Any) -> None:
        super().__init__(*given, **values)
        self.handler.choices = [
            SelectChoice(name, handlers.find(name).title) for name in handlers.names()
        ]

    def validate_title(self, field: Field) -> None:
        """Refuse what no text can hold."""
        no_nul(field)


class ParametersForm(Form):
    """What can be changed while a processor runs."""

    title = StringField(_("Title"), [InputRequired(_NEEDED), Length(max=200, message=TOO_LONG)])
    pause_seconds = Number(_("Pause between cycles, seconds"), _between(0, _DAY))
    batch_size = Count(_("Records in a cycle, at most"), _between(1, 10_000))
    parallel = Count(_("Handled at the same time, at most"), _between(1, 64))
    rate = Number(
        _("Records a second, at most"), [Optional(), NumberRange(0.001, 100_000, NO_NUMBER)]
    )
    timeout_seconds = Count(_("Time for one record, seconds"), _between(1, _HALF_DAY))
    max_attempts = Count(_("Attempts, at most"), _between(1, 1000))
    on_unknown = Choice(
        _("When nobody knows whether it was done"),
        choices=[SelectChoice(*one) for one in ON_UNKNOWN.items()],
    )
    in_order = BooleanField(_("One after the other where the order key is the same"))
    own_process = BooleanField(_("A process of its own for each record"))
    breaker_after = Count(
        _("Failures of the destination in a row, after which all wait"), _between(1, 10_000)
    )
    max_lost = Count(_("Workers that a record may lose"), _between(1, 1000))
    backoff_seconds = Number(_("First pause before another attempt, seconds"), _between(0.1, _DAY))
    backoff_cap_seconds = Number(_("Longest pause, seconds"), _between(0.1, 30 * _DAY))
    keep_days = Count(_("Days for which done records are kept"), _between(1, _DAYS))
    version = HiddenField(validators=[InputRequired(_NEEDED)])

    def validate_title(self, field: Field) -> None:
        """Refuse what no text can hold."""
        no_nul(field)

    def validate_version(self, field: Field) -> None:
        """Refuse what is no version."""
        read_version(field.data)

    def values(self) -> dict[str, Any]:
        """Return the parameters."""
        return {name: value for name, value in self.data.items() if name != "version"}


def no_nul(field: Field) -> None:
    """Refuse the sign that no text in the database can hold."""
    if "\0" in (field.data or ""):
        raise ValidationError(_("There is a sign in it that no text can hold."))


def read_version(text: object) -> int:
    """Return a version of parameters as a form or a program sends it.

    Raises:
        ValidationError: it is none.
    """
    try:
        version = int(str(text))
    except ValueError:
        version = -1
    if not 0 <= version < 2**31:
        raise ValidationError(_("There is no such version."))
    return version


def from_json(body: object, known: Mapping[str, Any]) -> ParametersForm:
    """Return the form that a program has filled in; what it leaves out stays as it is.

    Raises:
        InvalidForm: it is no object, or has something else in it.
    """
    if not isinstance(body, dict):
        raise InvalidForm(_("This takes a JSON object."))
    form = ParametersForm(MultiDict(_texts({**known, **body})))
    form.validate()
    fields = {str(name): list(errors) for name, errors in form.errors.items()}
    fields |= {str(name): [_("There is no such parameter.")] for name in body if name not in form}
    for name in ("in_order", "own_process"):
        if not isinstance(body.get(name, True), bool):
            fields[name] = [_("This takes true or false.")]
    if fields:
        raise InvalidForm(LOOK_AGAIN, fields)
    return form


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what a browser would send for these values: of a box that is not ticked nothing."""
    return {name: str(value) for name, value in values.items() if _is_sent(value)}


def _is_sent(value: object) -> bool:
    return value is not None and value is not False
