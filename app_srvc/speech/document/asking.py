"""What somebody types to find words in their transcripts."""

import re

from app_srvc.speech.document.repository.finding import Asked

LONGEST_QUERY = 200
# More of them would make one request as dear as many.
MOST_WORDS = 12

_PART = re.compile(r'(?P<minus>(?:(?<=\s)|^)-)?(?:"(?P<row>[^"]*)"?|(?P<word>[^\s"]+))')


def understand(query: str) -> Asked:
    """Read words, of which all must be said; "several in a row" in quotes; and -none of these."""
    wanted, unwanted = list[str](), list[str]()
    for match in _PART.finditer(query[:LONGEST_QUERY].casefold().replace("\0", "")):
        said = (match["row"] or match["word"] or "").strip()
        if any(ch.isalnum() for ch in said):
            (unwanted if match["minus"] else wanted).append(said)
    return Asked(tuple(wanted[:MOST_WORDS]), tuple(unwanted[:MOST_WORDS]))
