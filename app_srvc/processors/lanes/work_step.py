"""What the journal says of one step of a chain, and how it gets there."""

from app_srvc import db
from app_srvc.processors.handlers.failures import LostRecord
from app_srvc.processors.handlers.protocol import Context, Done, Payload
from app_srvc.processors.repository import journal
from app_srvc.processors.repository.journal import Entry, Key, Made, Place


class WorkStep:
    """One step of a chain."""

    def __init__(self, context: Context, place: Place, known: dict[Key, Entry]) -> None:
        self._context = context
        self._place = place
        self._known = known
        self._key = (place.name, place.undoes)

    @property
    def _done(self) -> Entry | None:
        entry = self._known.get(self._key)
        return entry if entry is not None and entry.state == "done" else None

    @property
    def context(self) -> Context:
        """What the step's own handler is given."""
        return self._context

    @property
    def is_done(self) -> bool:
        """Say whether it was done, on this attempt or an earlier one."""
        return self._done is not None

    @property
    def is_changed(self) -> bool:
        """Say whether it was done, and is configured otherwise now."""
        return self._done is not None and self._done.digest != self._place.digest

    @property
    def has_output(self) -> bool:
        """Say whether it is done and made anything."""
        return self._done is not None and self._done.has_output

    @property
    def output(self) -> Payload | None:
        """Return what it has made, if it is done and made anything."""
        if not self.has_output:
            return None
        with db.transaction() as conn:
            found = journal.output(conn, self._place)
        return Payload(*found) if found else None

    def finish(self, done: Done) -> None:
        """Write into the journal that it is done, with its effect.

        Raises:
            LostRecord: another worker has the record.
        """
        made = Made(done.http_status, *(done.output or (None, None)))
        with db.transaction() as conn:
            if done.effect is not None:
                done.effect(conn)
            if not journal.finish(conn, self._place, made):
                raise LostRecord
        self._known[self._key] = Entry("done", self._place.digest, done.output is not None)

    def compensated(self) -> None:
        """Write into the journal that what it did was undone.

        Raises:
            LostRecord: another worker has the record.
        """
        with db.transaction() as conn:
            if not journal.compensate(conn, self._place):
                raise LostRecord
        self._known.pop(self._key, None)
