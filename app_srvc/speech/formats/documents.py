"""A transcript for a word processor."""

import io

from app_srvc.speech.durations import clock
from app_srvc.speech.formats import texts
from app_srvc.speech.sound import Recognised


def docx(recognised: Recognised) -> bytes:
    """Return a document: the recording's name, what it is, and the text in paragraphs."""
    # Its templates and XML take a quarter of a second to load, which few requests need.
    import docx as library  # noqa: PLC0415

    document = library.Document()
    document.core_properties.title = recognised.name
    document.core_properties.author = ""
    document.add_heading(recognised.name, level=1)
    about = f"{clock(recognised.seconds)}, {recognised.language}, {recognised.recogniser}"
    document.add_paragraph(about, style="Subtitle")
    for paragraph in texts.paragraphs(recognised.segments):
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
