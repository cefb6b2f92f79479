"""Several transcripts in one zip, which is sent as it is made: its size costs no memory."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from zipstream import ZIP_DEFLATED, ZipStream

from app_srvc import db
from app_srvc.errors import NotFound
from app_srvc.speech import showing
from app_srvc.speech.document.repository import finding
from app_srvc.speech.document.repository.finding import Entry
from app_srvc.speech.formats import FORMATS, SUFFIX

AT_ONCE = 50
# With a number and a suffix it stays below the 255 bytes that file systems take.
LONGEST_BYTES = 200

# What a system takes for a folder, a drive or a device.
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def chosen(owner: str, job_ids: Sequence[str]) -> Iterator[Entry]:
    """Yield those of some transcripts that are somebody's, newest first."""
    with db.transaction() as conn:
        entries = finding.some(conn, owner, job_ids)
    yield from entries


def everything(owner: str) -> Iterator[Entry]:
    """Yield all transcripts of somebody, newest first."""
    before = None
    while True:
        with db.transaction() as conn:
            entries = finding.newest(conn, owner, before, AT_ONCE)
        yield from entries
        if len(entries) < AT_ONCE:
            return
        before = (entries[-1].created_at, entries[-1].job_id)


def zipped(entries: Iterator[Entry], kinds: Sequence[str]) -> Iterator[bytes]:
    """Yield a zip of transcripts in some formats; what is gone meanwhile is left out.

    Without its end, as when the database goes away, no program takes it for a whole one.
    """
    stream = ZipStream(compress_type=ZIP_DEFLATED)
    unique = _unique()
    for entry in entries:
        try:
            recognised = showing.recognised(entry.job_id)
        except NotFound:
            continue
        stem = unique(safe_name(SUFFIX.sub("", entry.name) or entry.name))
        for kind in kinds:
            stream.add(FORMATS[kind].write(recognised), f"{stem}.{kind}")
            yield from stream.all_files()
    yield from stream.finalize()


def safe_name(name: str) -> str:
    """Return a name as any system can write it, and that is in no folder but its own."""
    cleaned = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", name)).strip(". ")
    cleaned = cleaned.encode()[:LONGEST_BYTES].decode(errors="ignore").strip(". ")
    if not cleaned or _DEVICES.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    return cleaned


def _unique() -> Callable[[str], str]:
    """Return what gives each name a number that was there, whatever its capitals."""
    seen = set[str]()

    def unique(name: str) -> str:
        number, found = 1, name
        while found.casefold() in seen:
            number += 1
            found = f"{name} ({number})"
        seen.add(found.casefold())
        return found

    return unique
