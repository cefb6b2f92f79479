"""Files to import, of any length: CSV, JSON lines and XML."""

import json
from collections.abc import Iterator


def as_csv(lines: int) -> bytes:
    """Return a table of so many lines."""
    rows = (f'{n},Shevchenko,"Lviv, vul. {n}",{n * 7}.50,2026-11-{n % 28 + 1:02}\n'
            for n in range(lines))  # fmt: skip
    return ("id,name,address,sum,day\n" + "".join(rows)).encode()


def as_json_lines(lines: int) -> bytes:
    """Return so many objects."""
    return b"".join(
        json.dumps({"id": n, "name": "Shevchenko", "address": f"Lviv, {n}", "sum": n * 7}).encode()
        + b"\n"
        for n in range(lines)
    )


def as_xml(size: int) -> Iterator[bytes]:
    """Yield a document of so many bytes."""
    line = "<line><article>a%d</article><amount>3</amount><text>%s</text></line>"
    lines = "".join(line % (n, "words " * 20) for n in range(20))
    yield b"<?xml version='1.0' encoding='UTF-8'?><orders>"
    number = 0
    while size > 0:
        piece = "".join(
            f"<order><number>{number + n}</number>{lines}</order>\n" for n in range(100)
        ).encode()
        number += 100
        size -= len(piece)
        yield piece
    yield b"</orders>"
