"""A transcript for programs, in the shape of OpenAI's `verbose_json`.

Times are in seconds. What Whisper knows of its own decoding and others do not is told as far as
it can be: `avg_logprob` is the mean logarithm of the words' confidences, `compression_ratio` how
many times smaller zlib makes the text, `seek` the segment's first frame of ten milliseconds.
"""

import math
import zlib
from json import dumps
from typing import Any

from app_srvc.speech.formats import texts
from app_srvc.speech.recognisers.languages import WHISPER
from app_srvc.speech.sound import Recognised, Segment, Word

LEAST_CONFIDENCE = 1e-4


def as_dict(recognised: Recognised) -> dict[str, Any]:
    """Return the whole transcript; `edited` says whether somebody has corrected it."""
    spoken = [segment for segment in recognised.segments if segment.words]
    code = recognised.language.partition("-")[0]
    return {
        "task": "transcribe",
        "language": WHISPER.get(code, code),
        "duration": round(recognised.seconds, 3),
        "edited": recognised.is_edited,
        "text": texts.line(spoken),
        "segments": [_segment(number, segment) for number, segment in enumerate(spoken)],
        "words": [_word(word) for segment in spoken for word in segment.words or []],
    }


def json(recognised: Recognised) -> bytes:
    """Return the whole transcript, as a file."""
    return dumps(as_dict(recognised), indent=1, ensure_ascii=False).encode() + b"\n"


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    words = segment.words or []
    text = segment.text.encode()
    logs = [math.log(max(word.confidence, LEAST_CONFIDENCE)) for word in words]
    return {
        "id": number,
        "seek": words[0].start_ms // 10,
        "start": words[0].start_ms / 1000,
        "end": words[-1].end_ms / 1000,
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(sum(logs) / len(logs), 4),
        "compression_ratio": round(len(text) / len(zlib.compress(text)), 4),
        "no_speech_prob": 0.0,
        "edited": segment.version > 0,
        "speaker": segment.speaker,
    }


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.text,
        "start": word.start_ms / 1000,
        "end": word.end_ms / 1000,
        "probability": word.confidence,
    }
