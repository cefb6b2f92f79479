"""The names of all queues. No other module spells one."""

from enum import StrEnum


class Queue(StrEnum):
    """A named line of jobs; at least one worker script at the top of the tree serves each."""

    STT = "stt"
    STT_SEGMENTS = "stt-segments"
