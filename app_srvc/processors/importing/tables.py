"""CSV: each row becomes a JSON object, its columns in their order."""

import csv
import json
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from app_srvc.processors.importing import keys, texts
from app_srvc.processors.importing.items import JSON, LARGEST_RECORD, Bad, Item, Options
from app_srvc.words import _, ngettext

NO_HEADER = _("The file has no first line with the names of columns.")
NO_ROW = _("It is no row: a quote in it is not closed, or stands where none may be.")

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Layout(NamedTuple):
    """Which columns there are, and which of them hold the keys."""

    names: list[str]
    key: int | None
    order_key: int | None


def columns(file: BinaryIO, options: Options) -> list[str]:
    """Return the names of the columns; without a header they are numbers from 1 on.

    Raises:
        Bad: there is no first line, or it names a column twice.
    """
    first = next(_rows(texts.Lines(texts.opened(file)), options), None)
    if first is None or isinstance(first[1], Bad) or not first[1]:
        raise Bad(NO_HEADER)
    row = first[1]
    texts.encoded("".join(row))
    if not options.has_header:
        return [str(number + 1) for number in range(len(row))]
    names = [name.strip() for name in row]
    if len(set(names)) < len(names):
        raise Bad(_("Two columns have the same name, or none."))
    return names


def layout(names: list[str], options: Options) -> Layout:
    """Return where the keys are.

    Raises:
        Bad: there is no such column.
    """
    return Layout(names, place(names, options.key), place(names, options.order_key))


def items(file: BinaryIO, options: Options) -> Iterator[Item]:
    """Yield the rows. A line that is empty is none.

    Raises:
        Bad: the file has no such columns; nothing can be read.
    """
    found = layout(columns(file, options), options)
    rows = _rows(texts.Lines(texts.opened(file)), options)
    if options.has_header:
        next(rows)
    make = _maker(found)
    for line, row in rows:
        try:
            if isinstance(row, Bad):
                raise row
            yield make(line, row)
        except Bad as bad:
            yield Item(line, fault=bad.sentence)


def _maker(found: Layout) -> Callable[[int, list[str]], Item]:
    names, key, order_key = found
    count = len(names)

    def make(line: int, row: list[str]) -> Item:
        if len(row) != count:
            raise Bad(
                ngettext(
                    "It has %(num)s column, not %(expected)s.",
                    "It has %(num)s columns, not %(expected)s.",
                    len(row),
                    expected=count,
                )
            )
        body = texts.encoded(_write(dict(zip(names, row, strict=True))))
        record = keys.record(
            JSON,
            body,
            None if key is None else row[key],
            None if order_key is None else row[order_key],
        )
        return Item(line, record)

    return make


def _rows(lines: texts.Lines, options: Options) -> Iterator[tuple[int, list[str] | Bad]]:
    """Yield each row with the number of the line on which it begins."""
    csv.field_size_limit(LARGEST_RECORD)
    reader = csv.reader(lines, delimiter=options.delimiter, strict=True)
    while True:
        line = lines.number + 1
        row: list[str] | Bad
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = Bad(NO_ROW)
        damage = lines.take_damage()
        if damage is not None:
            row = Bad(damage)
        if row:
            yield line, row


def place(names: list[str], name: str) -> int | None:
    """Return where a column is; None where none is asked for.

    Raises:
        Bad: there is none of that name.
    """
    if not name:
        return None
    if name not in names:
        raise Bad(
            _(
                "There is no column “%(name)s”. There are: %(names)s.",
                name=name,
                names=", ".join(names)[:500],
            )
        )
    return names.index(name)
