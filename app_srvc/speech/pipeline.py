"""From a stored recording to its words: decode, find speech, recognise segment by segment.

Each step commits what it has done, so an attempt begins where the last one ended: first the sound
and the plan of segments, then each segment's words. What takes long is handed over to parts,
between which all free workers share the segments.
"""

import time
from typing import BinaryIO

from app_srvc import db, storage
from app_srvc.db import Connection
from app_srvc.jobs import parts, running
from app_srvc.jobs.registry import TaskFunction
from app_srvc.jobs.repository.parts import Surroundings
from app_srvc.queues import Queue
from app_srvc.speech import recognisers
from app_srvc.speech.costs import DECODING_SHARE, SHORT_SECONDS, timeout_of
from app_srvc.speech.durations import clock
from app_srvc.speech.preparing import prepare, read
from app_srvc.speech.repository import recordings, segments
from app_srvc.speech.repository.recordings import Transcript
from app_srvc.speech.sound import Heard, Segment, Span
from app_srvc.words import _

# Up to so much speech is recognised where it was decoded, which costs less than to hand it over.
SHORT_MS = int(SHORT_SECONDS * 1000)
# How long a part goes on while somebody else waits, if its owner has one part for each worker.
# Another part costs about 0.1 s to begin.
TURN_SECONDS = 10.0
QUEUES = (Queue.STT, Queue.STT_SEGMENTS)


def transcribe(job_id: str, part: TaskFunction) -> None:
    """Transcribe the recording of this job, or the rest of it, or let parts do so.

    `part` is the task of a part, which calls `recognise`.

    Raises:
        PermanentError: it cannot be done; the message says why, for a person.
    """
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id)
    if transcript is None:
        return  # Deleted while it waited; nothing is left to do.
    prepare(transcript)
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id) or transcript
        to_do = segments.to_do(conn, job_id)
    if sum(segment.end_ms - segment.start_ms for segment in to_do) > SHORT_MS and _spread(
        transcript, part, len(to_do)
    ):
        return
    with _open_sound(transcript) as sound:
        listener = _Listener(transcript, sound)
        for segment in to_do:
            running.report(*_progress(listener.listen(segment), transcript))


def recognise(job_id: str, part: TaskFunction) -> None:
    """Do a share of a recording that was handed over, as a part of its job.

    The share lasts until nothing is left, or until somebody else's turn has come; then another
    `part` waits for the next. A fresh recording never waits for more than the running segment.
    """
    began = time.monotonic()
    with db.transaction() as conn:
        transcript = recordings.find(conn, job_id)
        running.hold(conn)
        first = _take(conn, job_id) if parts.is_open(conn, job_id) else None
    if transcript is None:
        return
    if first is not None:
        with _open_sound(transcript) as sound:
            _take_turn(_Listener(transcript, sound), part, first, began)
    with db.transaction() as conn:
        running.hold(conn)  # Its own row first, as all do who lock both.
        attempt = parts.lock(conn, job_id)
        if attempt is not None and segments.are_done(conn, job_id):
            parts.finish(conn, job_id, attempt)


def _take_turn(
    listener: "_Listener", part: TaskFunction, segment: Segment | None, began: float
) -> None:
    """Recognise one segment after the other until the turn is over."""
    transcript = listener.transcript
    job_id = transcript.job_id
    while segment is not None:
        parts.report(job_id, *_progress(listener.listen(segment), transcript))
        with db.transaction() as conn:
            running.hold(conn)
            if not parts.is_open(conn, job_id):
                return
            left = segments.count_free(conn, job_id)
            around = parts.look_round(conn, job_id, QUEUES)
            is_over = _is_over(time.monotonic() - began, around)
            if left and (is_over or _is_room(around, left)):
                _add(conn, transcript, part)
            if is_over:
                return
            segment = _take(conn, job_id)


def _is_over(seconds: float, around: Surroundings) -> bool:
    """Say whether somebody else's turn has come. An owner with many parts has short ones."""
    turn = TURN_SECONDS * around.workers / max(around.owned, 1)
    return around.first_waits or (around.other_waits and seconds > turn)


def _is_room(around: Surroundings, left: int) -> bool:
    """Say whether a worker is free for another part."""
    return not around.other_waits and around.parts < min(around.workers, left)


def _spread(transcript: Transcript, part: TaskFunction, count: int) -> bool:
    """Hand the job over to parts; False when no worker serves them."""
    with db.transaction() as conn:
        around = parts.look_round(conn, transcript.job_id, QUEUES)
        if not around.workers or running.current() is None:
            return False
        parts.hand_over(conn)
        for _ in range(1 if around.other_waits else min(around.workers, count)):
            _add(conn, transcript, part)
    return True


def _add(conn: Connection, transcript: Transcript, part: TaskFunction) -> None:
    job_id, seconds = transcript.job_id, transcript.seconds or 0.0
    timeout_seconds = timeout_of(transcript.recogniser, seconds)
    parts.add(conn, job_id, part, job_id, timeout_seconds=timeout_seconds)


def _take(conn: Connection, job_id: str) -> Segment | None:
    """Take the next segment that nobody is at."""
    mine = running.current()
    return segments.take(conn, job_id, mine.job.id, mine.job.attempt) if mine else None


def _open_sound(transcript: Transcript) -> BinaryIO:
    assert transcript.sound_key is not None  # noqa: S101  # It is prepared.
    return storage.open_file(transcript.sound_key)


class _Listener:
    """The recogniser of a transcript, at its sound."""

    def __init__(self, transcript: Transcript, sound: BinaryIO) -> None:
        self.transcript = transcript
        self._sound = sound
        self._recogniser = recognisers.load(transcript.recogniser)

    def listen(self, segment: Segment) -> float:
        """Recognise a segment, commit what was heard, and return the share of speech done."""
        heard = self._recognise(segment)
        job_id = self.transcript.job_id
        with db.transaction() as conn:
            running.hold(conn)
            segments.save(conn, job_id, segment.position, heard)
            if not self.transcript.language:
                # Found out once, by whichever part was first, it holds for all of the recording.
                self.transcript = recordings.find(conn, job_id) or self.transcript
            return segments.share_done(conn, job_id)

    def _recognise(self, segment: Segment) -> Heard:
        start_ms = segment.start_ms
        samples = read(self._sound, Span(start_ms, segment.end_ms))
        heard = self._recogniser.recognise(samples, self.transcript.language)
        words = [
            word._replace(start_ms=word.start_ms + start_ms, end_ms=word.end_ms + start_ms)
            for word in heard.words
        ]
        return heard._replace(words=words)


def _progress(share: float, transcript: Transcript) -> tuple[str, float]:
    """Return the stage and the progress when a share of the speech is recognised."""
    seconds = transcript.seconds or 0.0
    done = clock(share * seconds)
    stage = _("Recognising speech, %(done)s of %(all)s", done=done, all=clock(seconds))
    return stage, DECODING_SHARE + (1 - DECODING_SHARE) * share
