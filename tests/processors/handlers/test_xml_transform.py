"""Records through a stylesheet."""

from pathlib import Path

import pytest

from app_srvc.processors.handlers import xml_transform
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.protocol import Payload
from tests.support import hostile_xml, misbehaving
from tests.support.handling import KEY, SECRET_TEXT, failure, handle, record


def stylesheet(inside: str, output: str = "") -> dict[str, str]:
    """Return a configuration."""
    return {
        "xslt": '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
        ' xmlns:exsl="http://exslt.org/common" extension-element-prefixes="exsl">'
        f"{output}{inside}</xsl:stylesheet>"
    }


def template(inside: str) -> dict[str, str]:
    """Return one that makes this of a whole document."""
    return stylesheet(f'<xsl:template match="/">{inside}</xsl:template>')


def test_the_next_step_gets_what_it_makes() -> None:
    config = template('<name><xsl:value-of select="/a/@b"/></name>')

    assert handle("xml.transform", config, record(b'<a b="c"/>')).output == Payload(
        "application/xml", b'<?xml version="1.0"?>\n<name>c</name>\n'
    )


def test_it_says_itself_what_it_makes() -> None:
    config = stylesheet(
        '<xsl:template match="/">hello</xsl:template>', '<xsl:output method="text"/>'
    )

    assert handle("xml.transform", config).output == Payload("text/plain", b"hello")


def test_it_knows_the_keys_of_the_record() -> None:
    config = stylesheet(
        '<xsl:param name="idem_key"/><xsl:param name="source_key"/><xsl:template match="/">'
        '<r><xsl:value-of select="concat($idem_key, $source_key)"/></r></xsl:template>'
    )

    output = handle("xml.transform", config).output
    assert output is not None
    assert f"<r>{KEY}letter-7</r>".encode() in output.body


@pytest.mark.parametrize(
    "inside",
    [
        "<r><xsl:copy-of select=\"document('/etc/hostname')\"/></r>",
        '<r a="{document (/r/@at)}"/>',
        '<r><exsl:document href="/tmp/made.xml"/></r>',
        '<r><xsl:document href="/tmp/made.xml"/></r>',
    ],
)
def test_one_that_reaches_for_files_cannot_be_configured(inside: str) -> None:
    assert isinstance(failure("xml.transform", template(inside)), WrongConfiguration)


@pytest.mark.parametrize("place", ["file", "address"])
def test_one_that_gets_past_that_reads_nothing_all_the_same(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_transform, "_check_alone", lambda _root: None)
    file = tmp_path / "secret.xml"
    file.write_text(f"<s>{SECRET_TEXT}</s>")
    with misbehaving.serving(misbehaving.answers(200, b"<s/>")) as server:
        wanted = {"file": str(file), "address": server.url}[place]
        by_stylesheet = template(f"<r><xsl:copy-of select=\"document('{wanted}')\"/></r>")
        by_record = template('<r><xsl:copy-of select="document(/r/@at)"/></r>')

        for config in (by_stylesheet, by_record):
            failure("xml.transform", config, record(f'<r at="{wanted}"/>'.encode()))
        assert server.connections == 0


@pytest.mark.parametrize("element", ["exsl:document", "xsl:document"])
def test_one_that_gets_past_that_writes_nothing_all_the_same(
    element: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_transform, "_check_alone", lambda _root: None)

    failure(
        "xml.transform", template(f'<r><{element} href="{tmp_path}/a.xml"><x/></{element}></r>')
    )

    assert not list(tmp_path.iterdir())


def test_it_may_stop_at_a_record() -> None:
    config = template('<xsl:message terminate="yes"><xsl:value-of select="/r"/></xsl:message>')

    failed = failure("xml.transform", config, record(f"<r>{SECRET_TEXT}</r>".encode()))

    assert isinstance(failed, Permanent)


def test_one_that_calls_itself_without_an_end_is_stopped() -> None:
    config = stylesheet(
        '<xsl:template match="/" name="again"><xsl:call-template name="again"/></xsl:template>'
    )

    assert isinstance(failure("xml.transform", config), Permanent)


def test_nothing_made_is_no_success() -> None:
    config = stylesheet('<xsl:template match="/"/>', '<xsl:output method="text"/>')

    assert isinstance(failure("xml.transform", config), Permanent)


@pytest.mark.parametrize("name", ["a file", "laughs", "depth"])
def test_hostile_records_are_refused(name: str) -> None:
    document = hostile_xml.documents("file:///etc/hostname", "http://127.0.0.1:9")[name]

    assert isinstance(failure("xml.transform", template("<r/>"), record(document)), Permanent)


@pytest.mark.parametrize(
    "inside",
    ['<xsl:include href="/etc/a.xsl"/>', '<xsl:import href="/etc/a.xsl"/>', "<xsl:nonsense/>"],
)
def test_one_that_wants_others_or_is_none_cannot_be_configured(inside: str) -> None:
    assert isinstance(failure("xml.transform", stylesheet(inside)), WrongConfiguration)
