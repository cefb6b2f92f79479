"""What people type about a transcript as a document."""

import re

from wtforms import (
    BooleanField,
    DateField,
    Form,
    SearchField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import TOO_LONG, Count, Narrowing
from app_srvc.speech.document import editing
from app_srvc.speech.document.asking import LONGEST_QUERY
from app_srvc.speech.document.speaking import END_MS
from app_srvc.speech.formats import FORMATS
from app_srvc.words import _

_PAGE_IS_OLD = _("Please load the page again: it does not say what it was made of.")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SAID = re.compile(r"(\d{1,10})-(\d{1,10})")


class Sent(Form):
    """A small form. Its token is checked with those of all small forms."""

    def check(self) -> None:
        """Refuse what is wrong.

        Raises:
            InvalidForm: a field is.
        """
        if not self.validate():
            told = {str(name): list(sentences) for name, sentences in self.errors.items()}
            raise InvalidForm(next(iter(told.values()))[0], told)


class PassageForm(Sent):
    """What a passage is to say, and which of its texts was corrected."""

    text = TextAreaField(
        _("What is said"), [Length(max=editing.LONGEST_TEXT, message=TOO_LONG)], default=""
    )
    version = Count(
        validators=[InputRequired(_PAGE_IS_OLD), NumberRange(min=0, message=_PAGE_IS_OLD)]
    )


class SpeakersForm(Sent):
    """Which sentences are whose."""

    said = SelectMultipleField(choices=[], validate_choice=False)
    between = BooleanField(_("And all that lies between them"))
    speaker = Count(validators=[Optional(), NumberRange(min=1, message=_PAGE_IS_OLD)])
    name = StringField(_("Or somebody new"), [Length(max=1000, message=TOO_LONG)], default="")

    def stretches(self) -> list[tuple[int, int]]:
        """Return when each sentence begins and stops, in milliseconds.

        Raises:
            InvalidForm: one is no stretch of time.
        """
        found = [_SAID.fullmatch(one) for one in self.said.data or []]
        read = [(int(one[1]), int(one[2])) for one in found if one]
        if len(read) < len(found) or any(not start < stop <= END_MS for start, stop in read):
            raise InvalidForm(_PAGE_IS_OLD, {"said": [_PAGE_IS_OLD]})
        return read


class Day(DateField):
    """A day, which is refused in our own words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("This takes a day, as 2026-12-31.")) from None


class ShareForm(Sent):
    """Until when a link is to open a transcript."""

    last_day = Day(_("Last day on which it opens"), [Optional()])


class TranscriptFilter(Narrowing):
    """Narrows the list of transcripts."""

    q = SearchField(
        _("Find in all my transcripts"),
        [Optional(), Length(max=LONGEST_QUERY, message=TOO_LONG)],
    )


class BundleForm(Sent):
    """Which transcripts are to go along, in which formats."""

    job = SelectMultipleField(_("Transcripts"), choices=[], validate_choice=False)
    kind = SelectMultipleField(_("Formats"), choices=[], validate_choice=False)
    all = BooleanField(_("All my transcripts, not only those that are ticked"))

    def chosen(self) -> tuple[list[str], list[str]]:
        """Return the formats and the ids that were chosen.

        Raises:
            InvalidForm: there are none, or they are no formats, or no ids.
        """
        wrong = dict[str, list[str]]()
        kinds, job_ids = list(dict.fromkeys(self.kind.data or [])), self.job.data or []
        if not kinds or not set(kinds) <= set(FORMATS):
            wrong["kind"] = [_("Please tick at least one format.")]
        if not (self.all.data or job_ids) or not all(_ID.fullmatch(one) for one in job_ids):
            wrong["job"] = [_("Please tick at least one transcript.")]
        if wrong:
            raise InvalidForm(next(iter(wrong.values()))[0], wrong)
        return kinds, job_ids
