"""What is answered to whoever sends records: which are new, and under which ids they are known."""

from collections.abc import Sequence
from typing import Any

from app_srvc import db
from app_srvc.processors.repository import intake
from app_srvc.processors.repository.intake import NewRecord


def take_in(processor_id: int, records: Sequence[NewRecord]) -> dict[str, Any]:
    """Take records in, all or none, and return what became of each.

    `differs` says of a known one that what is there has other content.
    """
    with db.transaction() as conn:
        taken = intake.add_many(conn, processor_id, records)
    added = sum(one.is_new for one in taken)
    return {
        "added": added,
        "known": len(taken) - added,
        "records": [
            {"id": one.id, "key": record.source_key, "new": one.is_new, "differs": one.differs}
            for record, one in zip(records, taken, strict=True)
        ],
    }
