"""Which records of a box are meant, in SQL: those of an index, and of them those that match."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app_srvc.db import literal

BOXES = ("retry", "uncertain", "dead")
# Where a list goes on: behind this record. What is to be tried again has not ended.
Key = tuple[datetime | None, int]


class Chosen(NamedTuple):
    """Records of a box: all that match, or those of `ids` in any of `statuses`.

    `text` is part of the key or of what went wrong; the times are those of the last attempt.
    """

    processor_id: int
    statuses: Sequence[str]
    ids: Sequence[int] | None = None
    text: str | None = None
    http_status: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether an index is not enough to find them."""
        has_times = self.since is not None or self.until is not None
        return bool(self.text or self.http_status) or ("retry" in self.statuses and has_times)


def stretch(chosen: Chosen, after: Key | None) -> tuple[str, dict[str, object]]:
    """Return a statement for the next `most` records that an index can tell."""
    conditions = ["processor_id = %(processor)s", "status = ANY (%(statuses)s)"]
    if chosen.ids is not None:
        conditions.append("id = ANY (%(ids)s)")
    elif len(chosen.statuses) == 1:
        # Said like this it is the index's own order.
        conditions[1] = "status = %(status)s"
    if "retry" not in chosen.statuses:
        if chosen.since:
            conditions.append("ended_at >= %(since)s")
        if chosen.until:
            conditions.append("ended_at < %(until)s")
    if after is not None:
        behind = "(ended_at, id) < (%(ended_at)s, %(id)s)"
        conditions.append(behind if after[0] else "ended_at IS NULL AND id < %(id)s")
    values = chosen._asdict() | {
        "processor": chosen.processor_id,
        "ids": list(chosen.ids or ()),
        "statuses": list(chosen.statuses),
        "status": chosen.statuses[0],
        "text": chosen.text and f"%{literal(chosen.text)}%",
        "ended_at": after and after[0],
        "id": after and after[1],
    }
    statement = (
        f"SELECT * FROM records WHERE {' AND '.join(conditions)}"  # noqa: S608
        " ORDER BY ended_at DESC, id DESC LIMIT %(most)s"
    )
    return statement, values


def narrowing(chosen: Chosen) -> str:
    """Return the conditions that no index knows, for records of a `stretch`."""
    conditions = ["true"]
    if chosen.text:
        conditions.append("(source_key ILIKE %(text)s OR error ILIKE %(text)s)")
    if chosen.http_status:
        conditions.append(
            "EXISTS (SELECT FROM record_attempts AS last WHERE last.record_id = stretch.id"
            " AND last.claim_seq = stretch.claim_seq AND last.http_status = %(http_status)s)"
        )
    if "retry" in chosen.statuses and chosen.since:
        conditions.append("started_at >= %(since)s")
    if "retry" in chosen.statuses and chosen.until:
        conditions.append("started_at < %(until)s")
    return " AND ".join(conditions)
