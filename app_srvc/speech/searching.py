"""Search in a transcript. static/speech/search.js finds the same while somebody types."""

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence

LONGEST_QUERY = 200


def find(words: Sequence[str], query: str) -> list[tuple[int, int]]:
    """Return the first and last word of each place where the query is said, as indices.

    It may begin and end inside words. A word belongs to one hit at most. Capitals, marks on
    letters and punctuation make no difference, on either side.
    """
    wanted = " ".join(_fold(query[:LONGEST_QUERY]).split())
    if not wanted:
        return []
    starts, folded, at = list[int](), list[str](), 0
    for word in words:
        starts.append(at)
        folded.append(text := f"{plain} " if (plain := _fold(word)) else "")
        at += len(text)
    whole = "".join(folded)
    hits, at = list[tuple[int, int]](), 0
    while (at := whole.find(wanted, at)) >= 0:
        first, last = bisect_right(starts, at) - 1, bisect_right(starts, at + len(wanted) - 1) - 1
        hits.append((first, last))
        at = starts[last + 1] if last + 1 < len(starts) else len(whole)
    return hits


def _fold(text: str) -> str:
    """Leave out what a reader does not type: capitals, marks on letters, punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(ch for ch in decomposed if not _is_left_out(ch))


def _is_left_out(ch: str) -> bool:
    # Marks outside this range, as those of Devanagari, are letters to their readers.
    return "\u0300" <= ch <= "\u036f" or unicodedata.category(ch).startswith("P")
