"""What can be sent with a recording."""

import json
from collections.abc import Mapping

from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, MultipleFileField, SelectField, SelectMultipleField
from wtforms import StringField as TextField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length

from app_srvc.errors import InvalidForm
from app_srvc.speech import languages
from app_srvc.speech.recognisers import Offer
from app_srvc.uploads import names
from app_srvc.words import _

# What `recognisers.choose` calls a field as OpenAI does, and this form as a person would.
_FIELDS = {"model": "recogniser"}


class UploadForm(FlaskForm):
    """One or several recordings, and how to transcribe them.

    The files themselves are read by `uploads`, as they arrive.
    """

    file = MultipleFileField(_("Recordings"))
    recogniser = SelectField(_("Recogniser"))
    language = SelectField(_("Language"))

    def offer(self, offered: Mapping[str, Offer]) -> None:
        """Let what there is be chosen."""
        self.recogniser.choices = [
            SelectChoice(name, offer.label, {"data-languages": _languages(offer)})
            for name, offer in offered.items()
        ]
        tags = {tag for offer in offered.values() for tag in offer.languages}
        self.language.choices = [
            SelectChoice(tag, languages.label(tag))
            for tag in sorted(tags, key=languages.alphabetical)
        ]
        if any(offer.detects for offer in offered.values()):
            self.language.choices.insert(0, SelectChoice("", _("find out")))


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
        _("New name"),
        filters=[lambda text: (text or "").strip()],
        validators=[
            DataRequired(_("Please give it a name.")),
            Length(max=names.LONGEST, message=_("A name has at most %(max)s characters.")),
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
