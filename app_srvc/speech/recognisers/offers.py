"""Which recognisers this product can use, and what is to be known of each before it is loaded.

The web process reads this too: nothing here imports a recogniser.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from app_srvc import settings
from app_srvc.settings import RECOGNISERS, Settings
from app_srvc.speech.recognisers import languages
from app_srvc.speech.sound import Sizes
from app_srvc.words import _

# Tries, pauses between them, and the wait for a turn at a service; see `remote` and `turns`.
REMOTE_TRIES = 3
# A call connects, sends and receives, each within REMOTE_TIMEOUT_SECONDS.
CALL_TIMEOUTS = 3
REMOTE_WAITS_SECONDS = 180.0

# Whisper hears windows of 30 s, and pads what is shorter.
_WHISPER_SIZES = Sizes(merged_ms=29_000, longest_ms=30_000)
# The Web Speech service takes about a minute; what is longer than a sentence or two gets worse.
_GOOGLE_SIZES = Sizes(merged_ms=14_000, longest_ms=15_000)


class Offer(NamedTuple):
    """A recogniser that can be chosen here.

    `languages` are BCP 47 tags, the default one first; `detects` says whether the language may be
    left for it to find out. A second of sound may take `timeout_per_second` seconds, and a job
    `timeout_seconds` besides. `sent_to` is the host that the sound is sent to, or empty.
    """

    label: str
    languages: tuple[str, ...]
    detects: bool = False
    sizes: Sizes = Sizes()
    timeout_per_second: float = 4.0
    timeout_seconds: float = 120.0
    sent_to: str = ""


class Place(NamedTuple):
    """Where a recogniser is found, and the package that has to be installed for it, if any."""

    module: str
    name: str
    needs: str = ""


PLACES = {
    "sphinx": Place("sphinx", "Sphinx"),
    "google": Place("google", "Google"),
    "whisper": Place("whisper", "Whisper", "whisper"),
    "faster-whisper": Place("faster_whisper", "FasterWhisper", "faster_whisper"),
    "vosk": Place("vosk", "Vosk", "vosk"),
    "openai": Place("openai", "OpenAI"),
    "groq": Place("openai", "Groq"),
}


def offered() -> dict[str, Offer]:
    """Return what can be chosen with the settings of this process, the default first."""
    wanted = settings.load()
    names = [name for name in RECOGNISERS if is_set_up(name, wanted)]
    names.sort(key=lambda name: name != wanted.default_recogniser)
    return {name: _offer(name, wanted) for name in names}


def is_set_up(name: str, wanted: Settings) -> bool:
    """Say whether the settings have what a recogniser needs."""
    needed = RECOGNISERS[name]
    return needed is None or getattr(wanted, needed) is not None


def what_is_missing(name: str) -> str:
    """Return the sentence for a recogniser that is not offered."""
    needed = RECOGNISERS.get(name)
    if needed is None:
        return _(
            "There is no recogniser called %(name)s; there is %(names)s.",
            name=name,
            names=", ".join(offered()),
        )
    return _(
        "%(name)s is not set up on this server: it needs %(setting)s. There is %(names)s.",
        name=name,
        setting=needed.upper(),
        names=", ".join(offered()),
    )


def _offer(name: str, wanted: Settings) -> Offer:
    whisper = tuple(languages.WHISPER)
    calls = REMOTE_TRIES * CALL_TIMEOUTS * wanted.remote_timeout_seconds
    wait = 120.0 + REMOTE_WAITS_SECONDS + calls
    if name == "google":
        host = _host(wanted.google_speech_url)
        return Offer("Google Web Speech", languages.GOOGLE, False, _GOOGLE_SIZES, 4.0, wait, host)
    if name == "vosk":
        return Offer("Vosk", (wanted.vosk_language,))
    if name in {"openai", "groq"}:
        is_groq = name == "groq"
        host = _host(wanted.groq_base_url if is_groq else wanted.openai_base_url)
        label = f"Groq {wanted.groq_model}" if is_groq else f"OpenAI {wanted.openai_model}"
        return Offer(label, whisper, True, _WHISPER_SIZES, 4.0, wait, host)
    if name == "whisper":
        return Offer("Whisper", whisper, True, _WHISPER_SIZES, 30.0)
    if name == "faster-whisper":
        return Offer("Faster Whisper", whisper, True, _WHISPER_SIZES, 15.0)
    return Offer("PocketSphinx", ("en-US",))


def _host(address: str) -> str:
    return urlsplit(address).hostname or address
