"""What turns sound into words, behind one small interface."""

from functools import cache
from typing import Protocol

from app_srvc.errors import InvalidForm, PermanentError
from app_srvc.speech.sound import Word

DEFAULT = "sphinx"
# What is offered, and the languages that each understands, the first one by default.
OFFERED: dict[str, tuple[str, ...]] = {DEFAULT: ("en-US",)}
# What programs call a model when they know of one only.
_DEFAULT_NAMES = {"", "whisper-1"}


class Recogniser(Protocol):
    """A loaded model. It is loaded once a process, before jobs are forked from it."""

    def recognise(self, samples: bytes) -> list[Word]:
        """Return the words in 16 kHz, one-channel, 16-bit samples, timed from the first.

        Silence has none.
        """


def choose(name: str, language: str) -> tuple[str, str]:
    """Return the recogniser and the language that somebody means; empty means the default.

    A language may be given as `en` or `en-US`.

    Raises:
        InvalidForm: there is none of that name, or it does not know the language.
    """
    known = DEFAULT if name in _DEFAULT_NAMES else name
    if known not in OFFERED:
        sentence = f"There is no recogniser called {name}; there is {', '.join(OFFERED)}."
        raise InvalidForm(sentence, {"model": [sentence]})
    languages = OFFERED[known]
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
