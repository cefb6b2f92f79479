"""JSON lines: each line is a record as it stands."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from app_srvc.processors.importing import keys, texts
from app_srvc.processors.importing.items import JSON, Bad, Item, Options
from app_srvc.processors.repository.intake import NewRecord
from app_srvc.words import _

NO_JSON = _("It is not JSON.")


def items(file: BinaryIO, options: Options) -> Iterator[Item]:
    """Yield the lines. One that is blank is none."""
    find_key = keys.pointer(options.key) if options.key else None
    find_order_key = keys.pointer(options.order_key) if options.order_key else None

    def make(text: str) -> NewRecord:
        body = texts.encoded(text)
        value = parse(text)
        return keys.record(
            JSON,
            body,
            find_key(value) if find_key else None,
            find_order_key(value) if find_order_key else None,
        )

    lines = texts.Lines(texts.opened(file))
    for line in lines:
        text, damage = line.strip(), lines.take_damage()
        if not text and damage is None:
            continue
        try:
            if damage is not None:
                raise Bad(damage)
            yield Item(lines.number, make(text))
        except Bad as bad:
            yield Item(lines.number, fault=bad.sentence)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode = json.JSONDecoder(parse_constant=_refuse).decode


def parse(text: str) -> Any:
    """Return what is written as JSON.

    Raises:
        Bad: it is not.
    """
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        raise Bad(NO_JSON) from None


def written(value: Any) -> bytes:
    """Return a value as JSON in UTF-8; half a character, which JSON can hold, is escaped there."""
    try:
        return _write(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
