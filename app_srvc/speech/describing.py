"""Say what a media file is, from its header and its first moment of sound."""

import os
from typing import BinaryIO

import av
import av.container

from app_srvc.speech.decoding import NoSound, NotMedia, OddSound, open_media, resampler
from app_srvc.speech.sound import Media
from app_srvc.words import _

# Telephones have 8 kHz, studios 192. Odder rates are mistakes, or meant to keep a worker busy:
# at one sample a second a file of some kilobytes lasts for hours.
RATES = range(4_000, 400_000)

# Programs that cannot know the size beforehand write one near 2 or 4 GiB into the header.
LARGEST_WAV = 0x7FFF_0000


def describe(file: BinaryIO) -> Media:
    """Read the header, and make sure that the sound track holds at least a moment of sound.

    Raises:
        NotMedia: no frame can be decoded.
        NoSound: the track is there and holds nothing.
        OddSound: there is no decoder for it, or its sample rate is none that sound has.
    """
    longer = _promised_share(file)
    with open_media(file) as container:
        media = _describe(container)
    return media._replace(seconds=media.seconds and media.seconds * longer)


def _describe(container: av.container.InputContainer) -> Media:
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise OddSound
    try:
        frame = next(container.decode(stream), None)
        if frame is None:
            raise NoSound(_("It holds 0 seconds of sound."))
        if frame.sample_rate not in RATES:
            raise OddSound
    except (av.FFmpegError, ValueError) as error:
        raise NotMedia from error
    try:
        resampler().resample(frame)
    except (av.FFmpegError, ValueError) as error:
        raise OddSound from error
    return Media(container.format.name, stream.codec_context.name, _seconds(container))


def _seconds(container: av.container.InputContainer) -> float | None:
    """Return how long the header says that the sound is, if it says so and can be believed."""
    stream = container.streams.audio[0]
    seconds = 0.0
    if container.duration:
        seconds = container.duration / av.time_base
    elif stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    return seconds if 0 < seconds < float("inf") else None


def _promised_share(file: BinaryIO) -> float:
    """Return how much longer than it is a WAV file was to be; 1 for all others.

    FFmpeg takes the length of a WAV file from its size, so a cut-off one would seem whole.
    """
    head = file.read(12)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    promised = int.from_bytes(head[4:8], "little") + 8
    if (head[:4], head[8:]) != (b"RIFF", b"WAVE") or promised > LARGEST_WAV:
        return 1.0
    return max(1.0, promised / size)
