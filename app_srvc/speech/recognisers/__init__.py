"""What turns sound into words, behind one small interface."""

from functools import cache
from typing import Protocol

from app_srvc.errors import PermanentError
from app_srvc.speech.sound import Word

DEFAULT = "sphinx"


class Recogniser(Protocol):
    """A loaded model. It is loaded once a process, before jobs are forked from it."""

    def recognise(self, samples: bytes) -> list[Word]:
        """Return the words in 16 kHz, one-channel, 16-bit samples, timed from the first.

        Silence has none.
        """


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
