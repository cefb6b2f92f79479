"""What can be sent with a recording."""

import json
from collections.abc import Mapping
from operator import attrgetter

from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, MultipleFileField, SelectField, SelectMultipleField
from wtforms import StringField as TextField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length

from app_srvc.errors import InvalidForm
from app_srvc.speech import languages
from app_srvc.speech.recognisers import Offer
from app_srvc.uploads import names

FIELD = "file"


# What `recognisers.choose` calls a field as OpenAI does, and this form as a person would.
_FIELDS = {"model": "recogniser"}


class UploadForm(FlaskForm):
    """One or several recordings, and how to transcribe them.

    The files themselves are read by `uploads`, as they arrive.
    """

    file = MultipleFileField("Recordings")
    recogniser = SelectField("Recogniser")
    language = SelectField("Language")

    def offer(self, offered: Mapping[str, Offer]) -> None:
        """Let what there is be chosen."""
        self.recogniser.choices = [
            SelectChoice(name, offer.label, {"data-languages": _languages(offer)})
            for name, offer in offered.items()
        ]
        tags = dict.fromkeys(tag for offer in offered.values() for tag in offer.languages)
        known = [SelectChoice(tag, languages.name(tag)) for tag in tags]
        unknown = [SelectChoice("", "find out")] if any(o.detects for o in offered.values()) else []
        self.language.choices = unknown + sorted(known, key=attrgetter("label"))


def _languages(offer: Offer) -> str:
    """Return what can be chosen with a recogniser, for the script that leaves out the rest."""
    return json.dumps([""] * offer.detects + list(offer.languages))


def named_as_here(error: InvalidForm) -> InvalidForm:
    """Name the fields of a refusal as this form does."""
    error.fields = {_FIELDS.get(name, name): told for name, told in error.fields.items()}
    return error


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
