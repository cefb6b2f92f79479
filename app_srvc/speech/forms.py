"""What can be sent with a recording."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, MultipleFileField, SelectField, SelectMultipleField
from wtforms import StringField as TextField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length

from app_srvc.errors import InvalidForm
from app_srvc.uploads import names

FIELD = "file"


class UploadForm(FlaskForm):
    """One or several recordings. The files themselves are read by `uploads`, as they arrive."""

    file = MultipleFileField("Recordings")


class TitleForm(Form):
    """What a recording is called. Its token is checked with those of all small forms."""

    title = TextField(
        "New name",
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired("Please give it a name."),
            Length(max=names.LONGEST, message="A name has at most %(max)d characters."),
        ],
    )


def _choices(*values: str) -> list[SelectChoice]:
    return [SelectChoice(value) for value in values]


class TranscriptionForm(Form):
    """The fields of OpenAI's `POST /v1/audio/transcriptions`.

    `prompt` and `temperature`, which none of the recognisers here can use, are not read.
    """

    model = TextField(validators=[Length(max=100)])
    language = TextField(validators=[Length(max=20)])
    response_format = SelectField(
        choices=_choices("json", "text", "srt", "verbose_json", "vtt"), default="json"
    )
    timestamp_granularities = SelectMultipleField(
        name="timestamp_granularities[]", choices=_choices("word", "segment")
    )
    stream = BooleanField(false_values=("false", "False", "0", ""))

    def check(self) -> None:
        """Refuse values that a field cannot have.

        Raises:
            InvalidForm: there is one; the sentence says what there is.
        """
        if self.validate():
            return
        name = next(iter(self.errors))
        field = self[str(name)]
        sentence = f"{field.name}: {field.errors[0]}"
        if isinstance(field, SelectField | SelectMultipleField):
            there_is = ", ".join(str(choice[0]) for choice in field.iter_choices())
            sentence = f"{field.name} can be one of {there_is}."
        raise InvalidForm(sentence, {field.name: [sentence]})
