"""Correct what was heard. Nothing is lost: every text that a passage has had can come back."""

import unicodedata
from typing import NamedTuple

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.errors import Conflict, NotFound
from app_srvc.jobs.repository.reading import Job
from app_srvc.speech.document.aligning import align
from app_srvc.speech.document.repository import edits
from app_srvc.speech.document.repository.edits import Passage
from app_srvc.speech.sound import Word
from app_srvc.words import _

# Of one passage, which is twenty seconds long at most.
LONGEST_TEXT = 5000

# Scripts such as Persian need these between letters.
_JOINERS = "\u200c\u200d"


class Beside(NamedTuple):
    """A passage, and where the ones before and behind it are."""

    passage: Passage
    before: int | None
    behind: int | None


class Changed(Conflict):
    """Somebody else has corrected it meanwhile; `passage` is how it is now."""

    says = _(
        "Somebody has changed this passage while you were at it. What you wrote is still here: look"
        " at what stands there now, and save again to put yours in its place."
    )

    def __init__(self, passage: Passage) -> None:
        super().__init__(self.says)
        self.passage = passage


def find(job: Job, position: int) -> Beside:
    """Return a passage that can be corrected.

    Raises:
        NotFound: there is none there.
    """
    with db.transaction() as conn:
        passage = edits.find(conn, job.id, position)
        beside = edits.beside(conn, job.id, position)
    if passage is None:
        raise NotFound(_("There is no such passage in this transcript."))
    return Beside(passage, *beside)


def clean(text: str) -> str:
    """Return a text as one line, without signs that nobody sees."""
    kept = (
        ch if ch in _JOINERS or unicodedata.category(ch)[0] != "C" or ch.isspace() else ""
        for ch in unicodedata.normalize("NFC", text)
    )
    return " ".join("".join(kept).split())


def save(job: Job, position: int, version: int, text: str) -> Passage:
    """Give a passage another text, and return it. One that says the same stays as it is.

    Raises:
        Changed: it is not the one of that version any more.
        Conflict: it is still being transcribed.
        NotFound: there is none there.
    """
    passage = _open(job, position)
    written = clean(text)
    if written == passage.text:
        return passage
    words = align(passage.heard, written, passage.start_ms, passage.end_ms)
    if not _write(job, position, version, words):
        raise Changed(find(job, position).passage)
    return passage._replace(words=words, version=version + 1)


def bring_back(job: Job, position: int, version: int, wanted: int) -> Passage:
    """Let a passage say again what it said in an earlier version; 0 is what was heard.

    Raises:
        Conflict: it is not the one of `version` any more, or is still being transcribed.
        NotFound: there is no such passage or version.
    """
    passage = _open(job, position)
    with db.transaction() as conn:
        words = edits.words_of(conn, job.id, position, wanted)
    if words is None:
        raise NotFound(_("There is no such version of this passage."))
    if words == passage.words:
        return passage
    if not _write(job, position, version, words):
        raise Conflict(_("Somebody has changed this passage meanwhile. Please look at it again."))
    return passage._replace(words=words, version=version + 1)


def _open(job: Job, position: int) -> Passage:
    if not job.state.has_ended:
        raise Conflict(_("It is still being transcribed. It can be corrected once that has ended."))
    return find(job, position).passage


def _write(job: Job, position: int, version: int, words: list[Word]) -> bool:
    with db.transaction() as conn:
        passage = edits.Place(job.id, position, version)
        return edits.write(conn, passage, words, access.viewer().owner)
