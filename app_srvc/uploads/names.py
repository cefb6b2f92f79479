"""File names, made fit to be shown. They never become paths."""

import re
import unicodedata

from app_srvc.words import _, tell

LONGEST = 200
# Cut to this before anything else is done to it: to normalise a long one takes quadratic time.
LONGEST_RAW = 1000

# Letters and symbols that look like nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Scripts such as Persian, and pictures made of several, need these between characters.
_JOINERS = frozenset("\u200c\u200d")


def clean(name: str) -> str:
    """Make a file's name fit to be shown: one line, no folders, nothing invisible, not endless."""
    name = re.split(r"[/\\]", name)[-1]
    if len(name) > LONGEST_RAW:
        name = name[: LONGEST_RAW // 2] + name[-LONGEST_RAW // 2 :]
    name = "".join(" " if ch.isspace() else ch for ch in unicodedata.normalize("NFC", name))
    short = " ".join("".join(ch for ch in name if not _is_hidden(ch)).split())
    short = cut(short, LONGEST)
    is_seen = any(unicodedata.category(ch)[0] in "LNPS" and ch not in _BLANK for ch in short)
    return short.strip(". ") if is_seen and short.strip(". ") else tell(_("unnamed"))


def cut(name: str, longest: int) -> str:
    """Shorten a name to so many characters; its suffix stays."""
    if len(name) <= longest:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = name, "", ""
    return f"{stem[: longest - len(suffix) - len(dot) - 1]}…{dot}{suffix}"


def _is_hidden(ch: str) -> bool:
    """Say whether a character is a control, or a mark that turns the direction of what follows."""
    return unicodedata.category(ch) in {"Cc", "Cf", "Cs"} and ch not in _JOINERS
