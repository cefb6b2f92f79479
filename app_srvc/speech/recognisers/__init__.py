"""What turns sound into words, behind one small interface."""

import importlib
from functools import cache
from importlib.util import find_spec
from typing import Protocol

from app_srvc import settings
from app_srvc.errors import InvalidForm, PermanentError
from app_srvc.speech.recognisers.languages import match
from app_srvc.speech.recognisers.offers import PLACES, Offer, offered, what_is_missing
from app_srvc.speech.sound import Heard
from app_srvc.words import _

__all__ = [
    "Offer",
    "Recogniser",
    "check",
    "choose",
    "default",
    "label_of",
    "load",
    "offer",
    "offered",
]

# What programs call a model when they know of one only.
_DEFAULT_NAMES = {"", "whisper-1"}
_FIND_OUT = {"detect", "auto"}
# What may be loaded before jobs are forked: the others start threads, which a fork leaves behind.
_FORKED_SAFELY = ("sphinx", "vosk")


class Recogniser(Protocol):
    """A recogniser with its model loaded, or with its way to the service that has one."""

    def recognise(self, samples: bytes, language: str) -> Heard:
        """Return the words in 16 kHz, one-channel, 16-bit samples, timed from the first.

        Silence has none. An empty language is to be found out.

        Raises:
            RemoteDown: the service that it asks does not answer.
            PermanentError: the service will not, or the model cannot, do this at all.
        """


def default() -> str:
    """Return the name of the recogniser that is meant when none is named."""
    return settings.load().default_recogniser


def offer(name: str) -> Offer:
    """Return what is known of a recogniser.

    Raises:
        PermanentError: this server has none of that name.
    """
    known = offered().get(name)
    if known is None:
        raise PermanentError(what_is_missing(name))
    return known


def label_of(name: str) -> str:
    """Return what a recogniser is called, also when it is offered no longer."""
    known = offered().get(name)
    return known.label if known else name


def choose(name: str, language: str) -> tuple[str, str]:
    """Return the recogniser and the language that somebody means; empty means the default.

    A language may be given as `en` or `en-US`. `detect` or `auto` is to find it out, which is also
    the default of those that can; it is returned as an empty language.

    Raises:
        InvalidForm: there is none of that name, or it does not know the language.
    """
    known = default() if name in _DEFAULT_NAMES else name
    if known not in offered():
        raise _refusal("model", what_is_missing(known))
    chosen = offered()[known]
    if chosen.detects and language.lower() in _FIND_OUT | {""}:
        return known, ""
    there_is = ", ".join(chosen.languages)
    if language.lower() in _FIND_OUT:
        told = _("%(name)s cannot find the language out; it knows %(languages)s.")
        raise _refusal("language", told % {"name": known, "languages": there_is})
    tag = match(language, chosen.languages) if language else chosen.languages[0]
    if tag is None:
        told = _("%(name)s knows %(languages)s, and not %(language)s.")
        values = {"name": known, "languages": there_is, "language": language}
        raise _refusal("language", told % values)
    return known, tag


def _refusal(field: str, sentence: str) -> InvalidForm:
    return InvalidForm(sentence, {field: [sentence]})


@cache
def load(name: str) -> Recogniser:
    """Return the recogniser of that name, with its model in memory.

    Raises:
        PermanentError: there is none of that name, or its package or model cannot be used.
    """
    if name not in PLACES or name not in offered():
        raise PermanentError(what_is_missing(name))
    place = PLACES[name]
    if place.needs and find_spec(place.needs) is None:
        raise PermanentError(_missing_package(name))
    # The web process names recognisers; only workers load one.
    module = importlib.import_module(f"{__name__}.{place.module}")
    recogniser: Recogniser = getattr(module, place.name)()
    return recogniser


def check() -> None:
    """See that the packages of all that is offered are installed, without importing them.

    Raises:
        WrongSetting: one is not; the sentence names the setting that asks for it.
    """
    for name in offered():
        if PLACES[name].needs and find_spec(PLACES[name].needs) is None:
            variable = str(settings.RECOGNISERS[name]).upper()
            raise settings.WrongSetting(f"Wrong setting. {variable}: {_missing_package(name)}")


def preload() -> None:
    """Load what jobs may inherit from the process that forks them."""
    for name in _FORKED_SAFELY:
        if name in offered():
            load(name)


def _missing_package(name: str) -> str:
    return _(
        "the package for %(name)s is not installed; requirements-recognisers.txt has it",
        name=name,
    )
