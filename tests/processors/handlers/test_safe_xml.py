"""XML from anybody: nothing is loaded, nothing expands, and memory has an end."""

from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from app_srvc.processors.handlers import safe_xml
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.safe_xml import Bounds, WrongXml
from tests.support import hostile_xml, misbehaving
from tests.support.handling import SECRET_TEXT
from tests.support.memory import peak_growth


@pytest.mark.parametrize("name", hostile_xml.NAMES)
def test_what_is_hostile_is_refused_and_reaches_nothing(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET_TEXT)
    with misbehaving.serving(misbehaving.answers(200, b"<!ENTITY x 'y'>")) as server:
        document = hostile_xml.documents(file.as_uri(), server.url)[name]

        for large_text in (False, name != "a huge text"):
            bounds = Bounds(large_text=large_text)
            with pytest.raises(WrongXml) as whole:
                safe_xml.parse(document, bounds)
            with pytest.raises(WrongXml) as streamed:
                list(safe_xml.iterparse(BytesIO(document), "r", bounds))
            assert SECRET_TEXT not in whole.value.sentence + streamed.value.sentence

        assert server.connections == 0


def test_a_huge_text_is_read_where_it_is_allowed() -> None:
    document = b"<r>" + b"x" * 11_000_000 + b"</r>"

    assert len(safe_xml.parse(document, Bounds(large_text=True)).text) == 11_000_000


def test_more_bytes_than_allowed_are_not_read() -> None:
    document = b"<r>" + b"<a/>" * 1000 + b"</r>"

    assert safe_xml.parse(document, Bounds(len(document))).tag == "r"
    with pytest.raises(WrongXml, match="more than the 4,006 bytes"):
        safe_xml.parse(document, Bounds(len(document) - 1))


def test_it_says_where_it_is_wrong_and_not_what_stands_there() -> None:
    with pytest.raises(WrongXml) as caught:
        safe_xml.parse(f"<r>\n<{SECRET_TEXT}</r>".encode())

    assert caught.value.sentence == "It is no XML that can be read: line 2."


DOCUMENT = b"""<?xml version="1.0" encoding="windows-1251"?>
<o:orders xmlns:o="urn:orders" xmlns:p="urn:people">
  <o:order id="1"><o:order>inner</o:order><p:name>\xce\xeb\xfc\xe3\xe0</p:name></o:order>
  <o:other><o:order id="no"/></o:other>
  <!-- between -->
  <p:order id="2"/>
</o:orders>"""


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("orders/order", ["1", "2"]),
        ("/orders/order", ["1", "2"]),
        ("{urn:orders}orders/{urn:orders}order", ["1"]),
        ("*/order", ["1", "2"]),
        ("orders/other/order", ["no"]),
        ("orders/nothing", []),
        ("order", []),
    ],
)
def test_records_are_found_by_their_path(path: str, ids: list[str]) -> None:
    found = [one.get("id") for one in safe_xml.iterparse(BytesIO(DOCUMENT), path)]

    assert found == ids


def test_a_record_that_was_found_is_a_document_of_its_own() -> None:
    first = next(safe_xml.iterparse(BytesIO(DOCUMENT), "orders/order"))

    alone = safe_xml.parse(safe_xml.written(first))
    assert alone.findtext("{urn:people}name") == "Ольга"
    assert alone.findtext("{urn:orders}order") == "inner"


@pytest.mark.parametrize("path", ["", "/", "a//b", "a/", "//a", "a b", "{a"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(WrongConfiguration):
        safe_xml.steps(path)


def test_memory_does_not_grow_with_the_document() -> None:
    def read(document: bytes) -> None:
        for _element in safe_xml.iterparse(BytesIO(document), "r/i", Bounds(len(document))):
            pass

    record = b"<i><a>1</a><b>two</b></i>\n<!-- c -->"
    less, more = (
        peak_growth(partial(read, b"<r>" + record * count + b"</r>")) for count in (60_000, 240_000)
    )
    assert more < less + 4_000_000
