"""What a transcription costs: how long one may take, and how much of it is decoding."""

import math

from app_srvc.speech import recognisers

# Longer recordings are decoded only, in their turn, and then handed over to parts.
SHORT_SECONDS = 30.0
# Decoding takes a fiftieth of the time that recognising takes, or less.
DECODING_SHARE = 0.02
# What is assumed when a header does not tell the length.
UNKNOWN_SECONDS = 3600.0


def size_of(seconds: float) -> float:
    """Return how much of a worker's time the job takes in its turn, for so much sound."""
    return seconds if seconds <= SHORT_SECONDS else DECODING_SHARE * seconds


def timeout_of(recogniser: str, seconds: float) -> int:
    """Return how long the transcription of so much sound may take, in seconds.

    Raises:
        PermanentError: there is no such recogniser.
    """
    offer = recognisers.offer(recogniser)
    return math.ceil(offer.timeout_seconds + offer.timeout_per_second * seconds)
