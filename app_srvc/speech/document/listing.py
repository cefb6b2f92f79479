"""My transcripts: all of them, or those in which something is said."""

import re
from typing import Any, NamedTuple

from flask import url_for
from markupsafe import Markup, escape

from app_srvc import db
from app_srvc.accounts import access
from app_srvc.speech.document import asking
from app_srvc.speech.document.repository import finding
from app_srvc.speech.document.repository.finding import BEGIN, END, Entry, Key
from app_srvc.speech.markup import anchor

# Between signs of Chinese and Japanese, which the search takes apart.
_SPACE = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])([\x02\x03]*) +"
    r"(?=[\x02\x03]*[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff])"
)


class Found(NamedTuple):
    """A passage in which something is said, as HTML with marks, and the address of its place."""

    seconds: float
    html: Markup
    text: str
    address: str


class Row(NamedTuple):
    """A transcript in the list, and the first passages that were found in it."""

    entry: Entry
    address: str
    found: list[Found]

    @property
    def more(self) -> int:
        """How many passages were found besides."""
        return self.entry.hits - len(self.found)


class Listed(NamedTuple):
    """A page of the list; `next_key` is where the next one begins."""

    rows: list[Row]
    next_key: Key | None


def mine(query: str, before: Key | None, limit: int) -> Listed:
    """Return a page of the transcripts of whoever asks, newest first; an operator's own as well.

    With a query, those in which all of it is said. Somebody without a cookie has none.
    """
    owner = access.viewer().owner
    if owner is None:
        return Listed([], None)
    asked = asking.understand(query)
    with db.transaction() as conn:
        if not query.strip():
            entries = finding.newest(conn, owner, before, limit + 1)
        else:
            entries = finding.find(conn, owner, asked, before, limit + 1)
        shown = entries[:limit]
        hits = finding.hits(conn, asked, [one.job_id for one in shown]) if query.strip() else []
    rows = [
        Row(
            entry,
            url_for("speech.show", job_id=entry.job_id),
            [_found(hit) for hit in hits if hit.job_id == entry.job_id],
        )
        for entry in shown
    ]
    last = shown[-1] if len(entries) > limit else None
    return Listed(rows, (last.created_at, last.job_id) if last else None)


def as_json(row: Row) -> dict[str, Any]:
    """Return a transcript of the list for programs; times are in seconds."""
    entry = row.entry
    return {
        "id": entry.job_id,
        "name": entry.name,
        "state": entry.state,
        "language": entry.language,
        "seconds": entry.seconds,
        "created_at": entry.created_at.isoformat(timespec="milliseconds"),
        "url": row.address,
        "hits": entry.hits,
        "passages": [
            {"start": one.seconds, "text": one.text, "url": one.address} for one in row.found
        ],
    }


def _found(hit: finding.Hit) -> Found:
    shown = _SPACE.sub(r"\1", hit.text).replace(f"{END}{BEGIN}", "")
    html = str(escape(shown)).replace(BEGIN, "<mark>").replace(END, "</mark>")
    address = url_for("speech.show", job_id=hit.job_id, _anchor=anchor(hit.start_ms))
    return Found(
        hit.start_ms / 1000,
        Markup(html),  # noqa: S704  # The text is escaped above.
        shown.replace(BEGIN, "").replace(END, ""),
        address,
    )
