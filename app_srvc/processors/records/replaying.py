"""Let many records go on, or take them for done: in rounds, each a transaction of its own."""

import time
from collections.abc import Callable
from typing import NamedTuple

from app_srvc import db
from app_srvc.processors import controlling
from app_srvc.processors.repository import audit, boxes
from app_srvc.processors.repository.boxes import Chosen, Key
from app_srvc.words import Sentence, _, ngettext

# Where records may be that are chosen one by one.
REPLAYABLE = ("retry", "uncertain", "dead", "done")
MARKABLE = ("uncertain", "dead")

Round = Callable[[db.Connection, Key | None], tuple[int, Key | None]]


class Changed(NamedTuple):
    """How many records were changed; `is_all` False means that the time was over before the end."""

    number: int
    is_all: bool

    @property
    def sentence(self) -> Sentence:
        """What was done, for whoever has asked for it."""
        done = ngettext("%(num)s record was changed.", "%(num)s records were changed.", self.number)
        if self.is_all:
            return done
        return _("%(done)s There are more: please do the same again.", done=done)


def replay(name: str, chosen: Chosen, *, new_key: bool) -> Changed:
    """Let records be handled as if for the first time."""
    who = controlling.actor()
    line = _("To be handled anew, with the same key: %(who)s.", who=who)
    if new_key:
        line = _("To be handled anew, with a new key: %(who)s.", who=who)

    def change(conn: db.Connection, after: Key | None) -> tuple[int, Key | None]:
        return boxes.replay(conn, chosen, after, new_key=new_key, line=line)

    return _in_rounds(name, "replay, new key" if new_key else "replay", chosen, change)


def mark_done(name: str, chosen: Chosen) -> Changed:
    """Take records for done, because a person says so."""
    line = _("Marked as done by %(who)s.", who=controlling.actor())

    def change(conn: db.Connection, after: Key | None) -> tuple[int, Key | None]:
        return boxes.mark_done(conn, chosen, after, line=line)

    return _in_rounds(name, "mark done", chosen, change)


def _in_rounds(name: str, action: str, chosen: Chosen, change: Round) -> Changed:
    until = time.monotonic() + controlling.REQUEST_SECONDS
    count, after = 0, None
    while time.monotonic() < until:
        with db.transaction() as conn:
            known = controlling.find(conn, name)
            changed, after = change(conn, after)
            if changed:
                audit.note(
                    conn, known.id, controlling.actor(), action, of=_called(chosen),
                    after={"count": changed},
                )  # fmt: skip
        count += changed
        if after is None:
            return Changed(count, is_all=True)
    return Changed(count, is_all=False)


def _called(chosen: Chosen) -> str:
    """Return what the audit calls records: ids and boxes, nothing that is in them."""
    if chosen.ids is not None:
        return ", ".join(map(str, chosen.ids[:20])) + (", …" if len(chosen.ids) > 20 else "")
    return ", ".join(chosen.statuses)
