"""Times, sizes and queues in words, as short as they are still told apart."""

from collections.abc import Sequence

from app_srvc.queues import CALLS, label
from app_srvc.words import Sentence, _

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def span(seconds: float) -> Sentence:
    """Say how long something lasts."""
    if seconds < 10:
        return _("%(number)s s", number=round(seconds, 1))
    if seconds < 2 * _MINUTE:
        return _("%(number)s s", number=round(seconds))
    if seconds < 2 * _HOUR:
        return _("%(number)s min", number=round(seconds / _MINUTE))
    if seconds < 2 * _DAY:
        return _("%(number)s h", number=round(seconds / _HOUR, 1))
    return _("%(number)s days", number=round(seconds / _DAY))


def size(number: int) -> Sentence:
    """Say how many bytes something has."""
    if number < 10**6:
        return _("%(number)s kB", number=round(number / 10**3, 1))
    if number < 10**9:
        return _("%(number)s MB", number=round(number / 10**6, 1))
    return _("%(number)s GB", number=round(number / 10**9, 1))


def served(queues: Sequence[str]) -> list[Sentence | str]:
    """Return what people call some queues, with all levels of calls in one."""
    levels = [level for level, queue in enumerate(CALLS) if queue in queues]
    if len(levels) < 2:
        return [label(queue) for queue in queues]
    is_row = levels == list(range(levels[0], levels[-1] + 1))
    told = f"{levels[0]}-{levels[-1]}" if is_row else ", ".join(map(str, levels))
    others = [label(queue) for queue in queues if queue not in CALLS]
    return [*others, _("quick calls, levels %(levels)s", levels=told)]
