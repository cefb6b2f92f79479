"""How a file is to be read, as a person or a program says it."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict
from wtforms import FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, Length

from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN, NO_CHOICE, TOO_LONG, PlainForm
from app_srvc.processors.importing.items import Format
from app_srvc.words import _

FIELD = "file"
FIND_OUT = ""
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_NAMES = {
    FIND_OUT: _("find out"),
    "comma": _("comma"),
    "semicolon": _("semicolon"),
    "tab": _("tab"),
    "bar": _("vertical bar"),
}


def _choice(label: str, choices: Mapping[str, str], default: str = FIND_OUT) -> SelectField:
    return SelectField(
        label,
        [AnyOf(list(choices), NO_CHOICE)],
        choices=[SelectChoice(value, text) for value, text in choices.items()],
        default=default,
        validate_choice=False,
    )


class ImportForm(PlainForm):
    """A file, and how it is read. The file itself is read by `uploads`, as it arrives, and the
    form's token is checked there."""

    file = FileField(_("File"))
    format = _choice(
        _("Format"), {FIND_OUT: _("find out"), **{kind.value: kind.label for kind in Format}}
    )
    key = StringField(_("Key"), [Length(max=500, message=TOO_LONG)])
    order_key = StringField(_("Kept in order by"), [Length(max=500, message=TOO_LONG)])
    record_path = StringField(_("Path of the records"), [Length(max=500, message=TOO_LONG)])
    delimiter = _choice(_("Columns are parted by"), _NAMES)
    header = _choice(_("Names of columns"), {"yes": _("in the first line"), "no": _("none")}, "yes")

    def check(self) -> None:
        """Refuse values that a field cannot have.

        Raises:
            InvalidForm: there is one.
        """
        if not self.validate():
            raise InvalidForm(LOOK_AGAIN, self.errors)


def read(sent: MultiDict[str, str]) -> ImportForm:
    """Return what was sent; what was left out is as in a form that nobody has touched."""
    untouched = {"header": "yes", "format": FIND_OUT, "delimiter": FIND_OUT}
    return ImportForm(formdata=MultiDict({**untouched, **sent.to_dict()}))
