"""One record becomes many of another processor, all of them or none, each once."""

import pytest

from app_srvc import db
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.protocol import Done, Record
from app_srvc.processors.repository import loops
from tests.support import processing
from tests.support.handling import Calling, failure, handle, record
from tests.support.memory import peak_growth
from tests.support.rows import rows, scalar

CONFIG = {"path": "orders/order", "processor": "orders"}
ORDERS = record(b"<orders><order id='a'>1</order><x/><order id='b'>2</order></orders>")


@pytest.fixture
def orders(database: None) -> int:
    """Add the processor that takes the parts."""
    with db.transaction() as conn:
        processor_id = loops.add(conn, "orders", "Orders", "log")
    assert processor_id is not None
    return processor_id


def take_effect(done: Done) -> None:
    """Do what is done in the transaction that ends the record."""
    assert done.effect is not None
    with db.transaction() as conn:
        done.effect(conn)


def parts() -> list[tuple[str, str, str]]:
    """Return the records that there are, with their content."""
    return rows(
        "SELECT source_key, media_type, convert_from(body, 'UTF8') FROM records"
        " JOIN record_payloads ON record_id = id ORDER BY id"
    )


def test_each_part_is_a_record(orders: int) -> None:
    context = Calling()
    done = handle("xml.split", CONFIG, ORDERS, context)
    assert parts() == []
    take_effect(done)

    head = "<?xml version='1.0' encoding='UTF-8'?>\n"
    assert parts() == [
        ("letter-7/1", "application/xml", f'{head}<order id="a">1</order>'),
        ("letter-7/2", "application/xml", f'{head}<order id="b">2</order>'),
    ]
    assert context.lines == ["2 parts"]


def test_a_second_time_adds_nothing(orders: int) -> None:
    done = handle("xml.split", CONFIG, ORDERS)
    take_effect(done)
    take_effect(done)

    assert scalar("SELECT count(*) FROM records") == 2


def test_a_part_that_was_done_long_ago_is_not_taken_in_again(orders: int) -> None:
    processing.archived("letter-7/1", orders)
    take_effect(handle("xml.split", CONFIG, ORDERS))

    assert [key for key, *_ in parts()] == ["letter-7/2"]


def test_a_part_can_have_a_key_of_its_own(orders: int) -> None:
    take_effect(handle("xml.split", CONFIG | {"key": "@id"}, ORDERS))

    assert [key for key, *_ in parts()] == ["a", "b"]


def test_two_parts_with_one_key_are_one(orders: int) -> None:
    twice = record(b"<orders><order id='a'>1</order><order id='a'>2</order></orders>")
    take_effect(handle("xml.split", CONFIG | {"key": "@id"}, twice))

    assert [(key, body[-9:-8]) for key, _, body in parts()] == [("a", "1")]


def test_more_parts_than_go_at_once_arrive_in_order(orders: int) -> None:
    many = record(b"<orders>" + b"<order/>" * 1203 + b"</orders>")
    take_effect(handle("xml.split", CONFIG, many))

    assert [key for key, *_ in parts()] == [f"letter-7/{number}" for number in range(1, 1204)]


@pytest.mark.parametrize(
    ("document", "config"),
    [
        (b"<orders><order/>", {}),
        (b"<orders/>", {}),
        (b"<orders><order id='a'/><order/></orders>", {"key": "@id"}),
        (b"<orders><order/><order/></orders>", {"most_parts": 1}),
    ],
    ids=["cut", "nothing there", "no key", "too many"],
)
def test_what_cannot_be_split_fails_before_anything_is_written(
    document: bytes, config: dict[str, object]
) -> None:
    assert isinstance(failure("xml.split", CONFIG | config, record(document)), Permanent)


@pytest.mark.parametrize("case", ["nobody", "itself"])
def test_another_processor_has_to_take_them(case: str, orders: int) -> None:
    name = {"nobody": "nobody", "itself": "orders"}[case]
    own: Record = ORDERS._replace(processor_id=orders)
    done = handle("xml.split", CONFIG | {"processor": name}, own)

    with pytest.raises(WrongConfiguration):
        take_effect(done)
    assert parts() == []


def test_memory_does_not_grow_with_the_record() -> None:
    large = record(b"<orders>" + b"<order><a>1</a><b>2</b></order>" * 80_000 + b"</orders>")

    assert peak_growth(lambda: handle("xml.split", CONFIG, large)) < 20_000_000
