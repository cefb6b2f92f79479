"""JSON lines: each line as it stands, and its key by a pointer."""

import pytest

from app_srvc.processors.importing import keys as known
from app_srvc.processors.importing.items import LARGEST_RECORD
from app_srvc.processors.repository.intake import LONGEST_KEY
from tests.processors.importing.support import keys, read, wrong


def test_a_line_is_a_record_as_it_stands() -> None:
    items = read('\ufeff{"id": 7,  "x": "ї"}\r\n\r\n{"id": "8"}'.encode(), "jsonl", key="id")

    assert keys(items) == ["7", "8"]
    assert items[0].record is not None
    assert items[0].record.body.decode() == '{"id": 7,  "x": "ї"}'


@pytest.mark.parametrize(
    ("pointer", "key"),
    [
        ("/head/no", "5"),
        ("/lines/1/id", "b"),
        ("/a~1b", "slash"),
        ("a/b", "slash"),
        ("/m~0n", "tilde"),
        ("/price", "1.5"),
    ],
)
def test_a_key_is_found_by_a_pointer(pointer: str, key: str) -> None:
    line = (
        b'{"head": {"no": 5}, "lines": [{"id": "a"}, {"id": "b"}], "a/b": "slash",'
        b' "m~n": "tilde", "price": 1.5}'
    )

    assert keys(read(line, "jsonl", key=pointer)) == [key]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"{no", "It is not JSON."),
        (b'{"id": NaN}', "It is not JSON."),
        (b"[" * 100_000, "It is not JSON."),
        (b'{"id": "\xe9"}', "It is not written in UTF-8."),
        (b'{"other": 1}', known.NO_KEY),
        (b'{"id": true}', known.NO_KEY),
        (b'{"id": {}}', known.NO_KEY),
        (b'{"id": " "}', known.NO_KEY),
        (b'{"id": "\\u0000"}', known.NO_TEXT),
        (b'{"id": "\\ud800"}', known.NO_TEXT),
        (b"[1]", known.NO_KEY),
        (b'{"id": "' + b"x" * (LONGEST_KEY + 1) + b'"}', known.TOO_LONG),
        (b'{"id": "' + b"x" * LARGEST_RECORD + b'"}', "It is larger than the 5 MB"),
    ],
)
def test_a_bad_line_is_told_and_the_next_one_taken(line: bytes, sentence: str) -> None:
    items = read(line + b'\n{"id": 1}\n', "jsonl", key="id")

    assert wrong(items)[1].startswith(sentence)
    assert keys(items) == ["1"]
