"""What turns sound into words, behind one small interface."""

from functools import cache
from typing import NamedTuple, Protocol

from app_srvc.errors import InvalidForm, PermanentError
from app_srvc.speech.sound import Heard, Sizes

DEFAULT = "sphinx"
# What programs call a model when they know of one only.
_DEFAULT_NAMES = {"", "whisper-1"}


class Offer(NamedTuple):
    """A recogniser that can be chosen here.

    `languages` are BCP 47 tags, the default one first; `detects` says whether the language may be
    left for it to find out. A second of sound may take `timeout_per_second` seconds.
    """

    label: str
    languages: tuple[str, ...]
    detects: bool = False
    sizes: Sizes = Sizes()
    timeout_per_second: float = 4.0


class Recogniser(Protocol):
    """A loaded model. It is loaded once a process, before jobs are forked from it."""

    def recognise(self, samples: bytes, language: str) -> Heard:
        """Return the words in 16 kHz, one-channel, 16-bit samples, timed from the first.

        Silence has none. An empty language is to be found out.
        """


@cache
def offered() -> dict[str, Offer]:
    """Return what can be chosen with the settings of this process, the default first."""
    return {DEFAULT: Offer("PocketSphinx", ("en-US",))}


def offer(name: str) -> Offer:
    """Return what is known of a recogniser.

    Raises:
        PermanentError: this server has none of that name.
    """
    if name not in offered():
        raise PermanentError(f"This server has no recogniser called {name}.")
    return offered()[name]


def choose(name: str, language: str) -> tuple[str, str]:
    """Return the recogniser and the language that somebody means; empty means the default.

    A language may be given as `en` or `en-US`.

    Raises:
        InvalidForm: there is none of that name, or it does not know the language.
    """
    known = DEFAULT if name in _DEFAULT_NAMES else name
    if known not in offered():
        sentence = f"There is no recogniser called {name}; there is {', '.join(offered())}."
        raise InvalidForm(sentence, {"model": [sentence]})
    languages = offered()[known].languages
    for tag in languages:
        if language.lower() in {"", tag.lower(), tag.partition("-")[0].lower()}:
            return known, tag
    sentence = f"{known} knows {', '.join(languages)}, and not {language}."
    raise InvalidForm(sentence, {"language": [sentence]})


@cache
def load(name: str) -> Recogniser:
    """Return the recogniser of that name, with its model in memory.

    Raises:
        PermanentError: there is none of that name.
    """
    if name != DEFAULT:
        raise PermanentError(f"This server has no recogniser called {name}.")
    # The web process names recognisers; only workers load one.
    from app_srvc.speech.recognisers.sphinx import Sphinx  # noqa: PLC0415

    return Sphinx()
