"""Read sound out of any media file, as a stream: 16 kHz, one channel, 16-bit samples.

Memory stays flat whatever the file's length. FFmpeg's libraries read hostile files here, so this
runs in a worker's child process or in a prober, with limits, and never in the web process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import av
import av.container

from app_srvc.errors import PermanentError
from app_srvc.speech import durations
from app_srvc.speech.sound import BYTES_PER_SECOND, RATE
from app_srvc.words import _

# How much more memory than before a decoder may take, whatever the file's header asks for.
DECODER_BYTES = 512 * 1024 * 1024

# Demuxers that read one file and nothing else. A playlist (hls, concat, dash …) names other
# files, which would then be read with this server's rights, so those are not here; nor are
# pictures, subtitles and devices.
FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dts,dv,eac3,flac,flv,gsm,matroska,mov,mp3,mpc,"
    "mpc8,mpeg,mpegts,mxf,nut,ogg,oma,rm,tak,tta,voc,w64,wav,wv"
)
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}

_JOINED = 32 * 1024


class NotMedia(PermanentError):
    says = _("This is not audio or video that can be read.")


class NoSound(PermanentError):
    says = _("There is no sound in it.")


class OddSound(PermanentError):
    says = _("Its sound is in a format that this server cannot decode.")


@contextmanager
def open_media(file: BinaryIO) -> Iterator[av.container.InputContainer]:
    """Open a media file that has a sound track.

    Raises:
        NotMedia: FFmpeg cannot read it, or it is of a kind that is not taken.
        NoSound: it has no sound track.
    """
    try:
        container = av.open(file, mode="r", container_options=OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise NotMedia from error
    with container:
        if not container.streams.audio:
            raise NoSound(_("There is no sound track in it."))
        yield container


def resampler() -> av.AudioResampler:
    """Return what turns any sound into ours."""
    return av.AudioResampler(format="s16", layout="mono", rate=RATE)


class Sound:
    """The sound of one file as it is decoded; `seconds` counts what came out so far.

    `is_damaged` says, once all of it was read, that decoding stopped at an error.
    """

    def __init__(self, container: av.container.InputContainer, max_seconds: float) -> None:
        self._container = container
        self._max_bytes = int(max_seconds * BYTES_PER_SECOND)
        self._bytes = 0
        self.is_damaged = False

    @property
    def seconds(self) -> float:
        """Seconds of sound so far."""
        return self._bytes / BYTES_PER_SECOND

    def chunks(self) -> Iterator[bytes]:
        """Yield samples in chunks of about a second.

        Raises:
            PermanentError: there is more sound than `max_seconds`.
        """
        buffer = bytearray()
        for samples in self._samples():
            buffer += samples
            self._bytes += len(samples)
            if self._bytes > self._max_bytes:
                limit = durations.limit(self._max_bytes / BYTES_PER_SECOND)
                raise PermanentError(
                    _("It is longer than the %(limit)s that are taken.", limit=limit)
                )
            if len(buffer) >= _JOINED:
                yield bytes(buffer)
                buffer.clear()
        if buffer:
            yield bytes(buffer)

    def _samples(self) -> Iterator[bytes]:
        to_ours = resampler()
        stream = self._container.streams.audio[0]
        try:
            for frame in self._container.decode(stream):
                yield from _bytes_of(to_ours.resample(frame))
            yield from _bytes_of(to_ours.resample(None))
        except (av.FFmpegError, ValueError):
            self.is_damaged = True


def _bytes_of(frames: list[av.AudioFrame]) -> Iterator[bytes]:
    for frame in frames:
        yield bytes(frame.planes[0])[: frame.samples * 2]
