"""Look into a video once a second.

FFmpeg's libraries read hostile files here, so this runs in a worker's child process, with limits,
and never in the web process.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, NamedTuple

import av
import av.container
from PIL import Image

from app_srvc import settings
from app_srvc.detection import pictures
from app_srvc.errors import PermanentError
from app_srvc.memory import limited_memory
from app_srvc.words import _

# Demuxers that read one file and nothing else: a playlist names others, which would then be read
# with this server's rights.
OPTIONS = {"format_whitelist": "mov,matroska,avi", "protocol_whitelist": "file"}

_TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


class NotVideo(PermanentError):
    says = _("The video cannot be read: it is damaged, cut off or of a kind that is not taken.")


class Look(NamedTuple):
    """One picture of a video, and when it is seen, in milliseconds from the beginning."""

    at_ms: int
    picture: Image.Image


class Video:
    """A video that is looked into. `seconds` is its length, as far as its header tells.

    Once all looks were taken, `is_damaged` says that decoding stopped at an error, and `is_cut`
    that there is more than MAX_VIDEO_FRAMES let see.
    """

    def __init__(self, container: av.container.InputContainer) -> None:
        self._container = container
        self.seconds = (container.duration or 0) / av.time_base
        self.is_damaged = False
        self.is_cut = False

    def looks(self, skip: int) -> Iterator[Look]:
        """Yield the first picture of each second, but for the first `skip` of them.

        Raises:
            NotVideo: there is none at all.
            PermanentError: its pictures have more pixels than may be, or take too much memory.
        """
        seen, due_ms = 0, 0
        most = settings.load().max_video_frames
        for frame, at_ms in self._frames():
            if at_ms < due_ms:
                continue
            if seen == most:
                self.is_cut = True
                return
            seen, due_ms = seen + 1, (at_ms // 1000 + 1) * 1000
            if seen > skip:
                yield Look(at_ms, _upright(frame))
        if not seen:
            raise NotVideo

    def _frames(self) -> Iterator[tuple[av.VideoFrame, int]]:
        """Yield each frame and when it is seen, counted from the first."""
        stream = self._container.streams.video[0]
        pictures.check_pixels(stream.codec_context.width, stream.codec_context.height)
        decoded = self._container.decode(stream)
        first = None
        while True:
            try:
                with _limits():
                    frame = next(decoded, None)
            except (av.FFmpegError, ValueError):
                self.is_damaged = True
                return
            if frame is None:
                return
            if frame.time is not None:
                first = frame.time if first is None else first
                yield frame, max(0, round((frame.time - first) * 1000))


@contextmanager
def open_video(file: BinaryIO) -> Iterator[Video]:
    """Open a video.

    Raises:
        NotVideo: FFmpeg cannot read it, or it is of a kind that is not taken.
        PermanentError: there are no moving pictures in it.
    """
    try:
        with _limits():
            container = av.open(
                file, mode="r", container_options=OPTIONS, metadata_errors="replace"
            )
    except (av.FFmpegError, ValueError) as error:
        raise NotVideo from error
    with container:
        if not container.streams.video or container.streams.video[0].codec_context is None:
            raise PermanentError(_("There are no moving pictures in it that can be read."))
        yield Video(container)


def _limits() -> AbstractContextManager[None]:
    return limited_memory(pictures.most_memory())


def _upright(frame: av.VideoFrame) -> Image.Image:
    pictures.check_pixels(frame.width, frame.height)
    with _limits():
        picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
        turn = _TURNS.get(frame.rotation % 360)
        return picture.transpose(turn) if turn is not None else picture
