"""The recordings that the project made for its tests, and what is said in them."""

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "media"

TEXTS = {
    "counting.flac": "ten twenty thirty forty fifty",
    "days.flac": "monday tuesday wednesday thursday friday",
    "digits.flac": "one two three four five six seven",
    "house.flac": "the man was sitting in front of the house",
    "money.flac": "he had two hundred dollars in the bank",
    "months.flac": "january february march april may june",
    "numbers.flac": "nine eight seven six five",
    "water.flac": "she gave him a glass of water and some bread",
    "weather.flac": "it was a cold and windy day in november",
}


def recording(name: str) -> bytes:
    """Return a recording's bytes."""
    return (FOLDER / name).read_bytes()
