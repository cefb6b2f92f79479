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
    CYCLES = "cycles"
    RECORDS = "records"

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
    Queue.CYCLES: _("cycles of record processing"),
    Queue.RECORDS: _("records"),
}
