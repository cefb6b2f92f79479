"""Import libraries that complain of their own age, without passing the complaints on."""

import importlib
import warnings
from functools import cache
from types import ModuleType


@cache
def import_quietly(name: str) -> ModuleType:
    """Import a module that warns while it is imported, of what nothing here needs.

    pydub and SpeechRecognition warn of `audioop` and `aifc`, which Python has removed and the
    requirements bring back; pydub also of ffmpeg's absence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)
