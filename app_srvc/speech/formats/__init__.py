"""A transcript in every form in which it can be taken along."""

import re
from collections.abc import Callable
from typing import NamedTuple

from app_srvc.speech.formats import documents, subtitles, tables, texts, verbose
from app_srvc.speech.sound import Recognised
from app_srvc.words import _


class Format(NamedTuple):
    """A kind of file: what it is called on its button, its type, and what writes it."""

    label: str
    mimetype: str
    write: Callable[[Recognised], bytes]


FORMATS = {
    "txt": Format(_("Text"), "text/plain", texts.txt),
    "srt": Format(_("Subtitles"), "application/x-subrip", subtitles.srt),
    "vtt": Format(_("Web subtitles"), "text/vtt", subtitles.vtt),
    "json": Format(_("Words and times"), "application/json", verbose.json),
    "tsv": Format(_("Table"), "text/tab-separated-values", tables.tsv),
    "docx": Format(
        _("Word document"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        documents.docx,
    ),
}

# What a file's name ends with. A title may hold a dot too: "Meeting of 3. March", "No. 5".
SUFFIX = re.compile(r"\.(?=\w*[A-Za-z])[A-Za-z0-9]{2,4}$")


def file_name(name: str, kind: str) -> str:
    """Return what a transcript of a recording of that name is called as a file."""
    return f"{SUFFIX.sub('', name) or name}.{kind}"
