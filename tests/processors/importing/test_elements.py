"""XML: records at a path, found as the file goes by; nothing is read that is not in it."""

import psutil
import pytest

from app_srvc.processors.importing import elements, items, paths
from app_srvc.processors.importing.items import Bad
from tests.processors.importing.support import keys, read, wrong

ORDERS = (
    b"<?xml version='1.0'?><!-- x --><orders><meta><order>no</order></meta>"
    b"<order id='a'><no>1</no><order>inside</order></order> tail "
    b"<order id='b'><no>2 </no></order></orders>"
)


def test_elements_at_the_path_are_records_and_those_elsewhere_are_not() -> None:
    found = read(ORDERS, "xml", record_path="/orders/order", key="no", order_key="@id")

    assert [item.record and item.record.body for item in found] == [
        b'<order id="a"><no>1</no><order>inside</order></order>',
        b'<order id="b"><no>2 </no></order>',
    ]
    assert keys(found) == ["1", "2"]
    assert [item.record and item.record.order_key for item in found] == ["a", "b"]
    assert [item.line for item in found] == [1, 2]


@pytest.mark.parametrize("path", ["/orders/order", "/{urn:x}orders/{urn:x}order"])
def test_plain_names_are_found_in_any_namespace(path: str) -> None:
    content = b"<orders xmlns='urn:x'><order><no>1</no></order></orders>"

    found = read(content, "xml", record_path=path, key="no")
    assert keys(found) == ["1"]
    assert found[0].record is not None
    assert found[0].record.body == b'<order xmlns="urn:x"><no>1</no></order>'


def test_the_root_alone_can_be_the_record() -> None:
    assert keys(read(ORDERS, "xml", record_path="/orders", key="order[2]/@id")) == ["b"]


def test_another_encoding_is_read_as_the_file_says() -> None:
    content = "<?xml version='1.0' encoding='windows-1251'?><a><b>ї</b></a>".encode("cp1251")

    assert keys(read(content, "xml", record_path="/a/b", key="text()")) == ["ї"]


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE orders>",
        b"<!DOCTYPE orders SYSTEM 'http://127.0.0.1:9/x.dtd'>",
        b"<!DOCTYPE orders [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        b"<!DOCTYPE orders [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>",
    ],
)
def test_a_document_type_is_refused(doctype: bytes) -> None:
    content = doctype + b"<orders><order>&x;</order></orders>"

    found = read(content, "xml", record_path="/orders/order")
    assert keys(found) == []
    assert wrong(found) == {1: elements.DOCTYPE}


def test_what_comes_before_the_place_where_it_breaks_is_taken() -> None:
    content = b"<o>\n<r>1</r>\n<r>2</r>\n<r>3</x></o>"

    found = read(content, "xml", record_path="/o/r", key="text()")
    assert keys(found) == ["1", "2"]
    assert wrong(found)[3].startswith("Near line 4 it is not well-formed")


def test_a_file_that_is_cut_off_says_so() -> None:
    assert 2 in wrong(read(b"<o><r>1</r><r>2", "xml", record_path="/o/r"))


def test_a_record_without_a_key_is_told_and_the_next_taken() -> None:
    found = read(b"<o><r/><r><k>1</k></r></o>", "xml", record_path="/o/r", key="k")

    assert keys(found) == ["1"]
    assert wrong(found) == {1: "There is no key in it."}


def test_no_records_are_a_fault() -> None:
    found = read(b"<o><r/></o>", "xml", record_path="/o/x")

    assert wrong(found) == {1: "There are no elements at the path /o/x in it."}


@pytest.mark.parametrize("path", ["", "orders", "/", "//order", "/a[1]", "/a/@b"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(Bad):
        read(b"<a/>", "xml", record_path=path)


@pytest.mark.parametrize("key", ["/a", "][", "f(", "document('x')/a["])
def test_a_key_that_is_no_path_is_refused(key: str) -> None:
    with pytest.raises(Bad):
        read(b"<a/>", "xml", record_path="/a", key=key)


def test_a_record_that_is_too_large_is_left_out() -> None:
    large = b"<r>" + b"<x>text</x>" * (items.LARGEST_RECORD // 10) + b"</r>"

    found = read(b"<o><r>1</r>" + large + b"<r>2</r></o>", "xml", record_path="/o/r", key="text()")
    assert keys(found) == ["1", "2"]
    assert wrong(found) == {2: items.TOO_LARGE}


def test_what_is_no_record_is_dropped_as_it_goes_by() -> None:
    class Endless:
        """A file with so many elements that are no records, and one that is."""

        def __init__(self) -> None:
            self.left = 400

        def seek(self, _offset: int) -> None:
            pass

        def read(self, _size: int) -> bytes:
            self.left -= 1
            if self.left == 399:
                return b"<o><meta>"
            if self.left > 0:
                return b"<x>some text</x>" * 4096
            return b"</meta><r>1</r></o>" if self.left == 0 else b""

    before = psutil.Process().memory_info().rss
    path = paths.record_path("/o/r")
    assert [one is not None for one in elements._Records(Endless(), path)] == [True]  # type: ignore[arg-type]
    assert psutil.Process().memory_info().rss - before < 30_000_000
