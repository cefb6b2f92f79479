"""Make a segment ready to be sent away: as loud as it may be, in a file that is read everywhere."""

import io
import math
from typing import Any

import av

from app_srvc.speech.importing import import_quietly
from app_srvc.speech.sound import RATE

# Speech of about -20 dB below the loudest possible is what recognisers are trained on.
WANTED_DB = -20.0
# Room below the loudest possible, so that nothing is clipped.
HEADROOM_DB = 1.0
# More than this would only bring up the noise.
MOST_GAIN_DB = 30.0


def level(samples: bytes) -> bytes:
    """Return quiet samples louder, as one; what is loud enough, or silent, stays as it is."""
    sound = as_pydub(samples)
    if sound.rms == 0:
        return samples
    gain = min(WANTED_DB - sound.dBFS, -HEADROOM_DB - sound.max_dBFS, MOST_GAIN_DB)
    if not math.isfinite(gain) or gain <= 0:
        return samples
    return bytes(sound.apply_gain(gain).raw_data)


def wav(samples: bytes) -> bytes:
    """Return samples as a WAV file."""
    file = io.BytesIO()
    as_pydub(samples).export(file, format="wav")
    return file.getvalue()


def flac(samples: bytes) -> bytes:
    """Return samples as a FLAC file, for which pydub would need the program ffmpeg."""
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
    frame.sample_rate = RATE
    frame.planes[0].update(samples)
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as output:
        stream = output.add_stream("flac", rate=RATE, layout="mono")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def as_pydub(samples: bytes) -> Any:
    """Return samples as what pydub measures, changes and cuts."""
    pydub = import_quietly("pydub")
    return pydub.AudioSegment(data=samples, sample_width=2, frame_rate=RATE, channels=1)
