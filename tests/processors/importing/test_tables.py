"""CSV as it comes: from spreadsheets, from old programs, and broken."""

import json

import pytest

from app_srvc.processors.importing import tables, texts
from app_srvc.processors.importing.items import LARGEST_RECORD, Bad
from tests.processors.importing.support import keys, read, wrong


def test_a_row_becomes_an_object_with_its_columns_in_order() -> None:
    items = read("id,ім'я\n7,Оля\n".encode(), "csv", key="id")

    assert keys(items) == ["7"]
    assert items[0].record is not None
    assert items[0].record.body.decode() == '{"id":"7","ім\'я":"Оля"}'
    assert items[0].record.media_type == "application/json"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_ends_of_lines_are_no_part_of_it(encoding: str, end: str) -> None:
    text = end.join(["id;name", '1;"a""b"', '2;"two', 'lines"', "", "3;х"])

    items = read(text.encode(encoding), "csv", key="id", delimiter=";")
    assert keys(items) == ["1", "2", "3"]
    assert [item.line for item in items] == [2, 3, 6]
    bodies = [json.loads(item.record.body)["name"] for item in items if item.record]
    assert bodies == ['a"b', f"two{end}lines", "х"]


def test_without_a_key_the_content_is_the_key() -> None:
    items = read(b"a,b\n1,2\n1,2\n1,3\n", "csv")

    assert len(set(keys(items))) == 2
    assert keys(items)[0].startswith("sha256:")


def test_columns_without_names_have_numbers() -> None:
    items = read(b"7,x\n8,y\n", "csv", key="1", order_key="2", has_header=False)

    assert keys(items) == ["7", "8"]
    assert items[0].record is not None
    assert items[0].record.order_key == "x"


def test_bad_rows_are_told_with_their_lines_and_the_others_taken() -> None:
    content = b'id,b\n1,x\n2\n3,\xff\n,x\n4,"y"z\n5,x\n'

    items = read(content, "csv", key="id")
    assert keys(items) == ["1", "5"]
    assert wrong(items) == {
        3: "It has 1 column, not 2.",
        4: texts.NO_UTF8,
        5: "There is no key in it.",
        6: "It is no row: a quote in it is not closed, or stands where none may be.",
    }


def test_a_quote_that_is_never_closed_costs_no_memory_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "LARGEST_RECORD", 1000)
    content = b'id,b\n1,x\n2,"' + b"y\n" * 1000

    items = read(content + b"3,x\n", "csv", key="id")
    assert keys(items)[0] == "1"
    assert keys(items)[-1] == "3"
    assert "quote" in wrong(items)[3]


def test_a_line_that_is_too_long_is_left_out() -> None:
    items = read(b"id\n" + b"x" * (2 * LARGEST_RECORD + 7) + b"\n1\n", "csv", key="id")

    assert keys(items) == ["1"]
    assert "larger than" in wrong(items)[2]


def test_a_file_that_is_cut_off_in_a_character_ends_with_a_fault() -> None:
    items = read("id\n1\n2\n".encode("utf-16")[:-1], "csv", key="id")

    assert keys(items)[0] == "1"
    assert texts.CUT_OFF in wrong(items).values()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no first line"),
        (b"a,a\n1,2\n", "same name"),
        (b"a,b\n1,2\n", "There is no column “id”. There are: a, b."),
    ],
)
def test_a_file_without_such_columns_cannot_be_read(content: bytes, sentence: str) -> None:
    with pytest.raises(Bad, match=sentence):
        read(content, "csv", key="id")
