"""The services that people choose from: in the menu of every page, and on the first one."""

from typing import NamedTuple

from app_srvc.words import Sentence, _


class Service(NamedTuple):
    """A service, by the blueprint whose `index` is its first page; `others` belong to it, too."""

    blueprint: str
    name: Sentence
    what_for: Sentence
    others: tuple[str, ...] = ()
    is_for_operators: bool = False


SERVICES = (
    Service(
        "speech", _("Speech to text"),
        _("Send a recording or a video and read what is said in it, while it is being recognised."),
        others=("document",),
    ),
    Service(
        "detection", _("Object detection"),
        _("Send pictures or videos and see what is in them, with a box around each object."),
    ),
    Service(
        "calls", _("Quick calls"),
        _("Small functions that are answered at once, through the queue."),
    ),
    Service(
        "processors", _("Processors"),
        _("Records that are taken in batches and handled one by one: start, stop and watch it."),
        others=("processor_records", "importing"),
        is_for_operators=True,
    ),
)  # fmt: skip
