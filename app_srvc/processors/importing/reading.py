"""Which reader reads a file, and what can be told of one before it is read."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from app_srvc.processors.importing import elements, objects, paths, tables, texts
from app_srvc.processors.importing.items import Bad, Format, Item, Options

SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
_READERS = {
    Format.CSV: tables.items,
    Format.JSON_LINES: objects.items,
    Format.XML: elements.items,
}


def items(file: BinaryIO, options: Options) -> Iterator[Item]:
    """Yield what is in a file; the same file yields the same, in the same order.

    Raises:
        Bad: it cannot be read like that.
    """
    return _READERS[options.format](file, options)


def check(file: BinaryIO, options: Options) -> dict[str, str]:
    """Return what is wrong with each option, as far as that can be told by the file's beginning."""
    try:
        names = tables.columns(file, options) if options.format == Format.CSV else []
    except Bad as bad:
        return {"file": bad.sentence}
    checks: dict[str, Callable[[str], object]] = {}
    if options.format == Format.CSV:
        checks = dict.fromkeys(("key", "order_key"), lambda name: tables.place(names, name))
    elif options.format == Format.XML:
        checks = dict.fromkeys(("key", "order_key"), lambda path: path and paths.key(path))
        checks["record_path"] = paths.record_path
    faults = {}
    for name, look_at in checks.items():
        try:
            look_at(getattr(options, name))
        except Bad as bad:
            faults[name] = bad.sentence
    return faults


def guess_format(file: BinaryIO) -> Format:
    """Return what a file seems to be written in."""
    first = _sample(file).lstrip()[:1]
    if first == "<":
        return Format.XML
    return Format.JSON_LINES if first in {"{", "["} else Format.CSV


def guess_delimiter(file: BinaryIO) -> str:
    """Return what seems to part the columns: each line has as many of it as the first."""
    lines = _sample(file).splitlines()[:20]

    def fitness(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines if line]
        alike = sum(count == counts[0] for count in counts) if counts and counts[0] else 0
        return alike, counts[0] if counts else 0

    return max(DELIMITERS, key=fitness)


def _sample(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(SAMPLE)
    file.seek(0)
    return head.decode(texts.encoding_of(head), "ignore").lstrip("\ufeff")
