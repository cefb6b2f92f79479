"""A transcript for a word processor."""

import io

from app_srvc.speech import languages, recognisers
from app_srvc.speech.durations import clock
from app_srvc.speech.formats import texts
from app_srvc.speech.sound import Recognised
from app_srvc.words import _, join, tell


def docx(recognised: Recognised) -> bytes:
    """Return a document: the recording's name, what it is, and the text in paragraphs.

    Where another one begins to speak, their name stands before the text in bold.
    """
    # Its templates and XML take a quarter of a second to load, which few requests need.
    import docx as library  # noqa: PLC0415

    document = library.Document()
    document.core_properties.title = recognised.name
    document.core_properties.author = ""
    document.add_heading(recognised.name, level=1)
    document.add_paragraph(_about(recognised), style="Subtitle")
    speaker = None
    for paragraph in texts.by_paragraph(recognised.segments):
        written = document.add_paragraph()
        if paragraph.speaker and paragraph.speaker != speaker:
            written.add_run(f"{paragraph.speaker}: ").bold = True
        written.add_run(paragraph.text)
        speaker = paragraph.speaker
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _about(recognised: Recognised) -> str:
    """Return what stands below the text on its page."""
    about = [
        _("Length: %(length)s.", length=clock(recognised.seconds)),
        _("Recogniser: %(name)s.", name=recognisers.label_of(recognised.recogniser)),
    ]
    if recognised.language:
        about.append(_("Language: %(name)s.", name=languages.name(recognised.language)))
    if recognised.is_edited:
        about.append(_("Corrected by hand."))
    return tell(join(*about))
