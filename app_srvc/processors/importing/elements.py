"""XML: each element at a path is a record, however large the file is.

The tree is pruned as it grows. A document type is refused: with it an element may hold what is
not in the file. So is a document that is not well-formed, from there on.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from lxml import etree

from app_srvc.processors.handlers.safe_xml import forget
from app_srvc.processors.importing import keys, paths
from app_srvc.processors.importing.items import (
    LARGEST_RECORD,
    TOO_LARGE,
    XML,
    Bad,
    Item,
    Options,
)
from app_srvc.processors.importing.paths import Step
from app_srvc.words import Sentence, _

CHUNK = 64 * 1024
# What is no record is dropped as soon as so much of it has come.
LITTER = 1_000_000

DOCTYPE = _("It has a document type (DOCTYPE), which is not taken here. The rest was not read.")


def _no_records(path: str) -> Sentence:
    return _("There are no elements at the path %(path)s in it.", path=path)


class Stopped(Bad):
    """Nothing behind this can be read."""


def items(file: BinaryIO, options: Options) -> Iterator[Item]:
    """Yield the elements at the path, numbered from 1 on.

    Raises:
        Bad: the path or that of a key is none.
    """
    path = paths.record_path(options.record_path)
    records = _Records(file, path)
    find_key = paths.key(options.key) if options.key else None
    find_order_key = paths.key(options.order_key) if options.order_key else None
    number = 0
    try:
        for element in records:
            number += 1
            try:
                if element is None:
                    raise Bad(TOO_LARGE)
                record = keys.record(
                    XML,
                    etree.tostring(
                        element, encoding="UTF-8", xml_declaration=False, with_tail=False
                    ),
                    find_key(element) if find_key else None,
                    find_order_key(element) if find_order_key else None,
                )
                yield Item(number, record)
            except Bad as bad:
                yield Item(number, fault=bad.sentence)
    except Stopped as stop:
        yield Item(number + 1, fault=stop.sentence)
    else:
        if not number:
            yield Item(1, fault=_no_records(options.record_path))


class _Records:
    """The elements at a path, each while it is whole; None is one that was too large to keep."""

    def __init__(self, file: BinaryIO, path: list[Step]) -> None:
        self.file = file
        self.path = path
        self.root: etree._Element | None = None
        self.too_large: etree._Element | None = None
        self.since = 0  # Bytes since a record began or ended.
        self.parser = etree.XMLPullParser(
            events=("start", "end"),
            tag=list(dict.fromkeys([path[0].tag, path[-1].tag])),
            no_network=True,
            load_dtd=False,
        )

    def __iter__(self) -> Iterator[etree._Element | None]:
        self.file.seek(0)
        fault = None
        while fault is None and (chunk := self.file.read(CHUNK)):
            fault = self.fault_in(partial(self.parser.feed, chunk))
            self.since += len(chunk)
            yield from self.whole_ones()
            if self.since > LITTER:
                self.prune()
        fault = fault or self.fault_in(self.parser.close)
        yield from self.whole_ones()
        if fault is not None:
            raise Stopped(fault)

    def fault_in(self, parse: Callable[[], object]) -> Sentence | None:
        """Parse, and return why it could not be done; what came before it can be had."""
        try:
            parse()
        except etree.XMLSyntaxError as error:
            return _(
                "Near line %(line)s it is not well-formed, or has a text that is too long."
                " The rest was not read.",
                line=str(error.lineno or 1),
            )
        return None

    def whole_ones(self) -> Iterator[etree._Element | None]:
        """Yield the records that have ended, and drop each then."""
        for event, element in self.parser.read_events():
            if self.root is None:
                self.root = element
                if element.getroottree().docinfo.doctype:
                    raise Stopped(DOCTYPE)
            if not self.is_record(element):
                continue
            self.since = 0
            if event == "end":
                yield None if element is self.too_large else element
                forget(element)

    def is_record(self, element: etree._Element) -> bool:
        """Say whether an element is at the path."""
        at: etree._Element | None = element
        for step in reversed(self.path):
            if at is None or not step.fits(str(at.tag)):
                return False
            at = at.getparent()
        return at is None

    def prune(self) -> None:
        """Drop what has ended and is no record, and of a record that is too large all of it.

        The last child of each element may go on.
        """
        if self.root is None:
            raise Stopped(_("It does not begin with the first element of the path."))
        at = self.root
        while True:
            if self.is_record(at):
                if self.since <= LARGEST_RECORD:
                    return
                self.too_large = at
            if not len(at):
                return
            del at[:-1]
            at = at[-1]
