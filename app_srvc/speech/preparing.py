"""From a stored recording to its sound and the plan of its segments; the first half of the work.

What is there stays: an attempt that finds both goes on with the words at once.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from app_srvc import db, settings, storage
from app_srvc.errors import PermanentError
from app_srvc.jobs import making, running
from app_srvc.memory import limited_memory
from app_srvc.speech import decoding, recognisers
from app_srvc.speech.costs import DECODING_SHARE
from app_srvc.speech.durations import clock
from app_srvc.speech.repository import recordings, segments
from app_srvc.speech.repository.recordings import Transcript
from app_srvc.speech.segmenting import SpeechFinder, plan
from app_srvc.speech.sound import Span
from app_srvc.words import _, join, ngettext

# Headers round; only a larger difference means that the end of the file is missing.
MISSING_SECONDS = 2.0
MISSING_SHARE = 0.05


def prepare(transcript: Transcript) -> None:
    """Decode the recording and plan its segments, unless an earlier attempt has.

    Raises:
        PermanentError: it cannot be done; the message says why, for a person.
    """
    if transcript.is_planned and transcript.sound_key is not None:
        with suppress(FileNotFoundError), storage.open_file(transcript.sound_key):
            return
    _decode(transcript)


def read(sound: BinaryIO, span: Span) -> bytes:
    """Return the samples of a span of decoded sound."""
    start, end = span.bytes
    sound.seek(start)
    return sound.read(end - start)


def _decode(transcript: Transcript) -> None:
    """Store the sound, and record the plan."""
    if transcript.file_key is None:
        raise PermanentError(_("The recording is no longer kept. Please upload it again."))
    finder = SpeechFinder()
    with (
        storage.open_file(transcript.file_key) as file,
        limited_memory(decoding.DECODER_BYTES),
        decoding.open_media(file) as container,
    ):
        sound = decoding.Sound(container, settings.load().max_recording_seconds)
        chunks = _showing_decoding(finder.listen(sound.chunks()), sound, transcript.seconds)
        key = making.store(transcript.job_id, chunks, is_only=True)
    if sound.seconds == 0:
        if sound.is_damaged:
            raise decoding.NotMedia(_("The file is damaged: none of its sound can be read."))
        raise decoding.NoSound(_("It holds 0 seconds of sound."))
    with storage.open_file(key) as stored:
        sizes = recognisers.offer(transcript.recogniser).sizes
        spans = plan(finder.runs, int(sound.seconds * 1000), sizes, lambda span: read(stored, span))
    with db.transaction() as conn:
        running.hold(conn)
        recordings.save_sound(conn, transcript.job_id, key, sound.seconds)
        note = _note(transcript.seconds, sound, spans)
        segments.plan(conn, transcript.job_id, spans, note)
    running.note(
        ngettext(
            "Decoded %(length)s of sound: %(num)s segment with speech.",
            "Decoded %(length)s of sound: %(num)s segments with speech.",
            len(spans),
            length=clock(sound.seconds),
        )
    )


def _showing_decoding(
    chunks: Iterator[bytes], sound: decoding.Sound, expected_seconds: float | None
) -> Iterator[bytes]:
    for chunk in chunks:
        share = sound.seconds / expected_seconds if expected_seconds else 0.0
        running.report(_("Decoding the sound"), DECODING_SHARE * min(share, 1.0))
        yield chunk


def _note(header_seconds: float | None, sound: decoding.Sound, spans: list[Span]) -> str | None:
    """Say what the reader of the transcript should know about the recording."""
    notes = []
    missing = (header_seconds or 0.0) - sound.seconds
    if missing > max(MISSING_SECONDS, MISSING_SHARE * sound.seconds):
        notes.append(
            _(
                "The file is cut off: its header speaks of %(promised)s, %(found)s are there.",
                promised=clock(header_seconds or 0),
                found=clock(sound.seconds),
            )
        )
    elif sound.is_damaged:
        found = clock(sound.seconds)
        notes.append(_("The file is damaged after %(found)s; the rest is missing.", found=found))
    if not spans:
        notes.append(_("No speech was found in it."))
    return join(*notes) if notes else None
