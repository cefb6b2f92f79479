"""The names of all queues. No other module spells one."""

from enum import StrEnum

from app_srvc.words import Sentence, _


class Queue(StrEnum):
    """A named line of jobs; at least one worker script at the top of the tree serves each."""

    STT = "stt"
    STT_SEGMENTS = "stt-segments"
    DETECTION = "detection"
    USRREG = "usrreg"
    MAIL = "mail"
    WEBHOOKS = "webhooks"
    CYCLES = "cycles"
    RECORDS = "records"
    CALLS_0 = "calls-0"
    CALLS_1 = "calls-1"
    CALLS_2 = "calls-2"
    CALLS_3 = "calls-3"
    CALLS_4 = "calls-4"
    CALLS_5 = "calls-5"
    CALLS_6 = "calls-6"
    CALLS_7 = "calls-7"
    CALLS_8 = "calls-8"
    CALLS_9 = "calls-9"

    @property
    def label(self) -> Sentence:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    Queue.STT: _("speech to text"),
    Queue.STT_SEGMENTS: _("speech to text, shared"),
    Queue.DETECTION: _("object detection"),
    Queue.USRREG: _("registration"),
    Queue.MAIL: _("mail"),
    Queue.WEBHOOKS: _("webhooks"),
    Queue.CYCLES: _("cycles of record processing"),
    Queue.RECORDS: _("records"),
}

# Of quick calls, by level: the lower one goes first.
CALLS = tuple(queue for queue in Queue if queue.startswith("calls-"))
_LABELS |= {queue: _("quick calls, level %(level)s", level=n) for n, queue in enumerate(CALLS)}


def label(name: str) -> Sentence | str:
    """Return what people call a queue; one that is gone is known by its name alone."""
    return Queue(name).label if name in list(Queue) else name
