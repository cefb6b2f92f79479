"""What the page of a transcript shows: its paragraphs, what was searched for in them, and more."""

from typing import NamedTuple

from markupsafe import Markup

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.speech import languages, markup, playing, recognisers, searching, showing
from app_srvc.speech.formats import texts
from app_srvc.speech.repository import recordings
from app_srvc.speech.repository.recordings import Sibling, Transcript
from app_srvc.speech.sound import Segment
from app_srvc.words import _

# Of the words that PocketSphinx is less sure of, fewer than half are right.
DOUBTFUL_BELOW = 0.5


class Paragraph(NamedTuple):
    """A paragraph as HTML, where it begins, and who speaks; `position` is its first passage's."""

    seconds: float
    html: Markup
    speaker: str | None
    position: int


class Reading(NamedTuple):
    """A transcript to be read.

    `hits` counts what was searched for. `siblings` are the viewer's other transcripts of the
    recording; `is_shared` says whether there are any, whosever they are.
    """

    transcript: Transcript
    segments: list[Segment]
    paragraphs: list[Paragraph]
    hits: int
    words: int
    doubtful: int
    is_playable: bool
    siblings: list[Sibling]
    is_shared: bool


def read(job_id: str, query: str) -> Reading:
    """Return a transcript as far as it is done, with the places where the query is said.

    Raises:
        NotFound: the job is no transcription.
    """
    transcript, segments = showing.find_transcript(job_id)
    with db.transaction() as conn:
        siblings = [one for one in recordings.siblings(conn, job_id) if not one.is_deleted]
    paragraphs, hits, confidences = list[Paragraph](), 0, list[float]()
    for paragraph in texts.by_paragraph(segments):
        words = paragraph.words
        found = searching.find([word.text for word in words], query) if query else []
        html = markup.spans(paragraph.segments, DOUBTFUL_BELOW, found, hits + 1)
        first = paragraph.segments[0].position
        paragraphs.append(Paragraph(words[0].start_ms / 1000, html, paragraph.speaker, first))
        confidences += [word.confidence for word in words]
        hits += len(found)
    return Reading(
        transcript,
        segments,
        paragraphs,
        hits,
        len(confidences),
        sum(confidence < DOUBTFUL_BELOW for confidence in confidences),
        transcript.file_key is not None and transcript.container in playing.MIMETYPES,
        [one for one in siblings if _is_the_viewers(one)],
        bool(siblings),
    )


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return what a recording can be transcribed with: for each recogniser values and labels."""
    return {
        offer.label: [
            (f"{name} {tag}", languages.label(tag) if tag else _("find out"))
            for tag in [""] * offer.detects + sorted(offer.languages, key=languages.alphabetical)
        ]
        for name, offer in recognisers.offered().items()
    }


def _is_the_viewers(one: Sibling) -> bool:
    # What has no owner opens to whoever holds its id; so its id is given to nobody.
    viewer = access.viewer()
    return viewer.is_operator or (one.owner is not None and one.owner == viewer.owner)
