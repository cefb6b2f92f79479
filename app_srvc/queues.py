"""The names of all queues. No other module spells one."""

from enum import StrEnum

from app_srvc.words import Sentence, _


class Queue(StrEnum):
    """A named line of jobs; at least one worker script at the top of the tree serves each.

    `label` is what people call it.
    """

    label: Sentence

    STT = "stt", _("speech to text")
    STT_SEGMENTS = "stt-segments", _("speech to text, shared")
    DETECTION = "detection", _("object detection")
    USRREG = "usrreg", _("registration")
    MAIL = "mail", _("mail")
    WEBHOOKS = "webhooks", _("webhooks")
    CYCLES = "cycles", _("cycles of record processing")
    RECORDS = "records", _("records")
    CALLS_0 = "calls-0", _("quick calls, level %(level)s", level=0)
    CALLS_1 = "calls-1", _("quick calls, level %(level)s", level=1)
    CALLS_2 = "calls-2", _("quick calls, level %(level)s", level=2)
    CALLS_3 = "calls-3", _("quick calls, level %(level)s", level=3)
    CALLS_4 = "calls-4", _("quick calls, level %(level)s", level=4)
    CALLS_5 = "calls-5", _("quick calls, level %(level)s", level=5)
    CALLS_6 = "calls-6", _("quick calls, level %(level)s", level=6)
    CALLS_7 = "calls-7", _("quick calls, level %(level)s", level=7)
    CALLS_8 = "calls-8", _("quick calls, level %(level)s", level=8)
    CALLS_9 = "calls-9", _("quick calls, level %(level)s", level=9)

    def __new__(cls, name: str, label: Sentence) -> "Queue":
        """Make it from its line above."""
        queue = str.__new__(cls, name)
        queue._value_, queue.label = name, label
        return queue


# Of quick calls, by level: the lower one goes first.
CALLS = tuple(queue for queue in Queue if queue.startswith("calls-"))


def label(name: str) -> Sentence | str:
    """Return what people call a queue; one that is gone is known by its name alone."""
    return next((queue.label for queue in Queue if queue == name), name)
