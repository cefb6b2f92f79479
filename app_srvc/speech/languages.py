"""What languages are called."""

from functools import cache

from babel import Locale, UnknownLocaleError

from app_srvc import words

# Where the order of letters is not that of their numbers; that of Chinese ones is as in
# dictionaries, by radicals and strokes.
_ALPHABETS = {"uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"}


def name(tag: str) -> str:
    """Return what the reader calls the language of a BCP 47 tag; an unknown one stays as it is."""
    return _name(tag, words.reader())


def label(tag: str) -> str:
    """Return the same as a list has it: inside sentences, Ukrainian writes it small."""
    known = name(tag)
    return known if known == tag else known[:1].upper() + known[1:]


def alphabetical(tag: str) -> list[tuple[int, str]]:
    """Return what tags are sorted by for somebody who reads their labels."""
    letters = _ALPHABETS.get(words.reader(), "")
    return [(letters.find(letter), letter) for letter in label(tag).casefold()]


@cache
def _name(tag: str, language: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name(language) or tag
    except (UnknownLocaleError, ValueError):
        return tag
