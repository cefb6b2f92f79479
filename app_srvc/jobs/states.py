"""The states of a job; docs/states.md draws who moves it between them."""

from enum import StrEnum


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


ENDED = frozenset({State.FINISHED, State.FAILED, State.CANCELLED})
