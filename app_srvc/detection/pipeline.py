"""From a stored file to what is in it: decode, look, draw, and record, one look after the other.

Each look is committed, so an attempt begins where the last one ended.
"""

import io
from typing import BinaryIO

from PIL import Image

from app_srvc import db, storage
from app_srvc.detection import detectors, drawing, pictures, repository, videos
from app_srvc.detection.objects import Box, Object
from app_srvc.detection.repository import Detection, Frame
from app_srvc.errors import PermanentError
from app_srvc.jobs import making, running
from app_srvc.words import Sentence, _, ngettext

# Nearly as large as glibc lets such a block be, which is 32 MB.
_LARGE_BYTES = 31 * 1024 * 1024


def detect(job_id: str) -> None:
    """Look at what this job is about, or at the rest of it.

    Raises:
        PermanentError: it cannot be done; the message says why, for a person.
    """
    with db.transaction() as conn:
        detection = repository.find(conn, job_id)
        done = repository.count_frames(conn, job_id)
    if detection is None:
        return  # Deleted while it waited; nothing is left to do.
    if detection.file_key is None:
        raise PermanentError(_("The file is no longer kept. Please send it again."))
    with storage.open_file(detection.file_key) as file:
        if detection.is_video:
            _look_into_video(detection, file, done)
        elif not done:
            running.report(_("Looking at the picture"), 0.1)
            _look(detection, 0, 0, pictures.decode(file))


def rehearse() -> None:
    """Do once all that a job does with a picture, for the jobs to inherit what that loads.

    Raises:
        WrongSetting: what is set for a detector cannot be used.
    """
    Image.init()  # The formats that are rarer come one by one otherwise, again for each job.
    blank = drawing.as_jpeg(Image.new("RGB", (64, 64), "gray"))
    picture = pictures.decode(io.BytesIO(blank))
    detectors.preload(pictures.as_pixels(picture))
    drawing.with_boxes(picture, [Object(0, "", 1.0, Box(8, 8, 48, 48))], 1.0)
    # From what was once freed the C library concludes how large a block it is to use again rather
    # than to give back: a job's pictures need not be paged in one by one.
    bytes(_LARGE_BYTES)


def _look_into_video(detection: Detection, file: BinaryIO, done: int) -> None:
    position = done
    with videos.open_video(file) as video:
        for look in video.looks(skip=done):
            seconds = look.at_ms // 1000
            stage = _("Looking at second %(second)s", second=seconds)
            running.report(stage, min(seconds / video.seconds, 0.99) if video.seconds else 0.1)
            _look(detection, position, look.at_ms, look.picture)
            position += 1
    note = _note(video, position)
    if note is not None:
        with db.transaction() as conn:
            running.hold(conn)
            repository.note(conn, detection.job_id, note)


def _look(detection: Detection, position: int, at_ms: int, picture: Image.Image) -> None:
    """Find what is in one picture, and record it with the pictures that are shown."""
    job_id = detection.job_id
    objects = detectors.load(detection.detector).find(pictures.as_pixels(picture))
    shown = drawing.shown(picture)
    drawn = drawing.with_boxes(
        shown,
        [one for one in objects if one.score >= detection.threshold],
        shown.width / picture.width,
    )
    picture_key = making.store(job_id, [drawing.as_jpeg(shown)])
    drawn_key = making.store(job_id, [drawn])
    frame = Frame(position, at_ms, *picture.size, picture_key, drawn_key, objects)
    with db.transaction() as conn:
        running.hold(conn)
        making.keep(conn, job_id, [picture_key, drawn_key])
        repository.add_frame(conn, job_id, frame)


def _note(video: videos.Video, looks: int) -> Sentence | None:
    if video.is_damaged:
        return _("The video is damaged: it could be looked into only up to an error.")
    if video.is_cut:
        return ngettext(
            "The video is longer: only its first second was looked at.",
            "The video is longer: only its first %(num)s seconds were looked at.",
            looks,
        )
    return None
