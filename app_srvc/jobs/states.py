"""The states of a job; docs/states.md draws who moves it between them."""

from enum import StrEnum

from app_srvc.words import Sentence, _


class State(StrEnum):
    """Where a job stands. The last three are for ever, unless a person asks for a retry."""

    SCHEDULED = "scheduled"  # its time has not come: a retry that pauses first
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self in ENDED

    @property
    def label(self) -> Sentence:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    State.SCHEDULED: _("scheduled"),
    State.WAITING: _("waiting"),
    State.RUNNING: _("running"),
    State.FINISHED: _("finished"),
    State.FAILED: _("failed"),
    State.CANCELLED: _("cancelled"),
}
# What became of an attempt that did not end the job. Rows tell it in English.
OUTCOMES = (_("lost"), _("given back"))

ENDED = frozenset({State.FINISHED, State.FAILED, State.CANCELLED})
