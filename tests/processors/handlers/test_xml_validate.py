"""Records against a schema."""

import pytest

from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.safe_xml import WrongXml
from tests.support import hostile_xml, misbehaving
from tests.support.handling import SECRET_TEXT, failure, handle, record
from tests.support.memory import peak_growth

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="numbers"><xs:complexType><xs:sequence>
    <xs:element name="number" type="xs:int" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""


def numbers(*values: str, padding: int = 0) -> bytes:
    """Return a document, one number a line, larger than it need be."""
    lines = "\n".join(f"<number>{value}</number>" for value in values)
    return f"<numbers>\n{lines}{' ' * padding}</numbers>".encode()


def test_what_fits_goes_on_as_it_is() -> None:
    right = record(numbers("1", "2"))

    assert handle("xml.validate", {"xsd": XSD}, right).output == right.payload


def test_what_does_not_fit_is_told_by_line_and_rule_without_its_content() -> None:
    failed = failure("xml.validate", {"xsd": XSD}, record(numbers("1", SECRET_TEXT, "two")))

    assert failed.kind == "permanent"
    assert failed.sentence == ("It does not fit the schema at line 3 (CVC_DATATYPE_VALID_1_2_1).")


def test_what_is_large_is_checked_as_well() -> None:
    padding = 5_000_000

    right = record(numbers("1", padding=padding))
    assert handle("xml.validate", {"xsd": XSD}, right).output == right.payload
    failed = failure("xml.validate", {"xsd": XSD}, record(numbers(SECRET_TEXT, padding=padding)))
    assert failed.sentence == "It does not fit the schema (CVC_DATATYPE_VALID_1_2_1)."


def test_memory_does_not_grow_with_what_is_large() -> None:
    large = record(numbers(*["1"] * 270_000))
    assert len(large.payload.body) > 5_000_000

    assert peak_growth(lambda: handle("xml.validate", {"xsd": XSD}, large)) < 20_000_000


@pytest.mark.parametrize("name", ["a file", "an address", "laughs", "depth", "nothing"])
def test_hostile_records_are_refused(name: str) -> None:
    document = hostile_xml.documents("file:///etc/hostname", "http://127.0.0.1:9")[name]

    assert isinstance(failure("xml.validate", {"xsd": XSD}, record(document)), WrongXml)


def test_a_record_cannot_bring_a_schema_along() -> None:
    with misbehaving.serving(misbehaving.answers(200, XSD.encode())) as server:
        brought = (
            '<numbers xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xsi:noNamespaceSchemaLocation="{server.url}/a.xsd"'
            f' xsi:schemaLocation="urn:b {server.url}/b.xsd"><number>1</number></numbers>'
        )
        handle("xml.validate", {"xsd": XSD}, record(brought.encode()))

        assert server.connections == 0


@pytest.mark.parametrize(
    "inside",
    [
        '<xs:include schemaLocation="/etc/other.xsd"/>',
        '<xs:import namespace="urn:a" schemaLocation="http://127.0.0.1:9/"/>',
        '<xs:redefine schemaLocation="/etc/other.xsd"/>',
        "<xs:nonsense/>",
        "<unclosed>",
    ],
)
def test_a_schema_that_wants_others_or_is_none_cannot_be_configured(inside: str) -> None:
    xsd = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{inside}</xs:schema>'

    assert isinstance(failure("xml.validate", {"xsd": xsd}), WrongConfiguration)
