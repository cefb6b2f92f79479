"""Make media files of any kind for a test, with the libraries that will read them."""

import io
import math
import random
import struct
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import av
from av.audio.frame import AudioFrame

from tests.support.recordings import TEXTS, recording

RATE = 16_000


@cache
def samples_of(name: str) -> bytes:
    """Return a recording of ours as 16 kHz, one-channel, 16-bit samples."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(recording(name)), "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)


def silence(seconds: float) -> bytes:
    """Return digital silence."""
    return bytes(2 * int(RATE * seconds))


def tone(seconds: float, hertz: float = 440.0) -> bytes:
    """Return a pure tone."""
    count = int(RATE * seconds)
    values = (int(9000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(count))
    return struct.pack(f"<{count}h", *values)


def noise(seconds: float) -> bytes:
    """Return white noise, the same each time."""
    count = int(RATE * seconds)
    source = random.Random(1)
    return struct.pack(f"<{count}h", *(int(source.gauss(0, 2000)) for _ in range(count)))


def music(seconds: float) -> bytes:
    """Return a chord that changes twice a second."""
    count, chords = int(RATE * seconds), ((262, 330, 392), (294, 370, 440), (247, 311, 392))
    return struct.pack(
        f"<{count}h",
        *(
            int(sum(3000 * math.sin(2 * math.pi * tone * n / RATE)
                for tone in chords[n * 2 // RATE % len(chords)]))
            for n in range(count)
        ),
    )  # fmt: skip


def joined(names: Sequence[str], pause: float = 1.5) -> bytes:
    """Return several recordings one after another with pauses between, as samples."""
    return silence(pause).join(samples_of(name) for name in names)


def text_of(names: Sequence[str]) -> str:
    """Return what is said in `joined`, without paragraphs."""
    return " ".join(TEXTS[name] for name in names)


def encode(
    samples: bytes,
    container: str,
    codec: str,
    *,
    rate: int = RATE,
    layout: str = "mono",
    picture: bool = False,
    options: dict[str, str] | None = None,
) -> bytes:
    """Return a media file with these samples as its sound, and a picture that moves if wanted.

    Empty samples make a file without a sound track.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options or {}) as output:
        video: Any = None
        if picture:
            video = output.add_stream("mpeg4", rate=Fraction(10))
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio: Any = output.add_stream(codec, rate=rate, layout=layout) if samples else None
        if audio is not None and codec == "wmav2":
            audio.bit_rate = 64_000
        if video is not None:
            _write_pictures(output, video, max(1.0, len(samples) / 2 / RATE))
        if audio is not None:
            write_samples(output, audio, samples)
            output.mux(audio.encode(None))
    return file.getvalue()


def write_samples(output: Any, stream: Any, samples: bytes) -> None:
    """Encode more samples into a stream of a file that is being written."""
    resampler = av.AudioResampler(
        format=stream.format, layout=stream.layout, rate=stream.rate,
        frame_size=stream.codec_context.frame_size or 1024,
    )  # fmt: skip
    frame = AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
    frame.sample_rate, frame.pts = RATE, None
    frame.planes[0].update(samples)
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        part.pts = None
        output.mux(stream.encode(part))


def _write_pictures(output: Any, stream: Any, seconds: float) -> None:
    for number in range(int(seconds * 10)):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([(number * 7) % 256]) * plane.buffer_size)
        frame.pts = number
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def picture(codec: str, container: str, pixels: str) -> bytes:
    """Return a picture file."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, pixels
        output.mux(stream.encode(av.VideoFrame(64, 64, "rgb24").reformat(format=pixels)))
        output.mux(stream.encode(None))
    return file.getvalue()


def wav_with(*, rate: int = RATE, channels: int = 1, frames: int = 20_000) -> bytes:
    """Return a WAV file of silence whose header says what no other program would write."""
    size = frames * channels * 2
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, channels, rate),
        *((rate * channels * 2) % 2**32, channels * 2, 16, b"data", size),
    )
    return head + bytes(size)


def wav(samples: bytes) -> bytes:
    """Return the samples as a plain WAV file."""
    return encode(samples, "wav", "pcm_s16le")
