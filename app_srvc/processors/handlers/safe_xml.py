"""Read XML that somebody else has written: nothing is loaded, nothing expands, and all has bounds.

A document type declaration is refused, whatever is in it, before the content is read: no entity
means anything then but those of XML itself. Without `large_text`, libxml2 refuses a text of more
than 10 MB and more than 256 elements in each other; with it, 2,048.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

from lxml import etree

from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.words import _

# A tree takes ten to twenty times as much memory as its text.
MOST_BYTES = 20_000_000

_CHUNK = 1 << 16
_NAME = re.compile(r"(?:\{[^{}]*\})?[^/{}\s]+")
_PATH = re.compile(rf"/?{_NAME.pattern}(?:/{_NAME.pattern})*")
_OPTIONS = {"no_network": True, "load_dtd": False, "resolve_entities": "internal"}

Element = Any  # lxml has no types.


class WrongXml(Permanent):
    """It is no XML, or none that is taken here. The sentence has nothing of what is in it."""

    says = _("It is no XML that can be read.")


class Bounds(NamedTuple):
    """How much is read."""

    most_bytes: int = MOST_BYTES
    large_text: bool = False


BOUNDS = Bounds()


def parse(body: bytes, bounds: Bounds = BOUNDS) -> Element:
    """Return the root of a document, as a whole tree.

    Raises:
        WrongXml: it cannot be read, or is more than it may be.
    """
    parser = etree.XMLParser(huge_tree=bounds.large_text, **_OPTIONS)
    try:
        for chunk in _checked(BytesIO(body), bounds):
            parser.feed(chunk)
        return parser.close()
    except etree.XMLSyntaxError as error:
        raise _wrong(error) from None


def events(
    source: BinaryIO,
    bounds: Bounds = BOUNDS,
    schema: Any = None,
) -> Iterator[tuple[str, Element]]:
    """Yield the start and the end of each element while the document is read.

    The tree grows until the caller removes what it has seen; see `forget`.

    Raises:
        WrongXml: it cannot be read, is more than it may be, or does not fit the schema.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"), schema=schema, huge_tree=bounds.large_text, **_OPTIONS
    )
    try:
        for chunk in _checked(source, bounds):
            parser.feed(chunk)
            yield from parser.read_events()
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _wrong(error) from None
    yield from parser.read_events()


def iterparse(
    source: BinaryIO,
    path: str,
    bounds: Bounds = BOUNDS,
) -> Iterator[Element]:
    """Yield each element at a path such as `orders/order`, and forget it when the next is wanted.

    A name stands for elements of any namespace, `{namespace}name` for those of one, and `*` for
    all. Memory does not grow with the document, but with its largest such element.

    Raises:
        WrongXml: it cannot be read, or is more than it may be.
        WrongConfiguration: that is no path.
    """
    wanted = steps(path)
    above: list[Element] = []
    inside = 0  # How deep in an element that is wanted.
    for event, element in events(source, bounds):
        if event == "start":
            above.append(element)
            inside += bool(inside) or _is_at(above, wanted)
            continue
        if inside == 1:
            yield element
        inside = max(0, inside - 1)
        above.pop()
        if not inside:
            forget(element)


def forget(element: Element) -> None:
    """Free an element that has ended, and all that stood before it in its parent."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def steps(path: str) -> list[str]:
    """Return the names of a path to records.

    Raises:
        WrongConfiguration: that is no path.
    """
    if not _PATH.fullmatch(path):
        raise WrongConfiguration(_("“%(path)s” is no path such as orders/order.", path=path))
    return _NAME.findall(path)


def written(element: Element) -> bytes:
    """Return an element as a document of its own."""
    text: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=True, with_tail=False)
    return text


def _checked(source: BinaryIO, bounds: Bounds) -> Iterator[bytes]:
    """Yield a document in pieces, the first when it is known to have no document type.

    libxml2 itself looks for it, with its own bounds, so that there is no second opinion of where
    the content begins.
    """
    pieces = _pieces(source, bounds.most_bytes)
    probe = etree.XMLPullParser(events=("start",), **_OPTIONS)
    held = []
    for piece in pieces:
        held.append(piece)
        probe.feed(piece)
        found = next(iter(probe.read_events()), None)
        if found is not None:
            if found[1].getroottree().docinfo.internalDTD is not None:
                raise WrongXml(_("It has a document type declaration (DOCTYPE)."))
            break
    yield from held
    yield from pieces


def _pieces(source: BinaryIO, most_bytes: int) -> Iterator[bytes]:
    size = 0
    while piece := source.read(_CHUNK):
        size += len(piece)
        if size > most_bytes:
            raise WrongXml(_("It has more than the %(num)s bytes that are read.", num=most_bytes))
        yield piece


def _is_at(above: list[Element], wanted: list[str]) -> bool:
    return len(above) == len(wanted) and all(
        name in {"*", element.tag, element.tag.rpartition("}")[2]}
        for element, name in zip(above, wanted, strict=True)
    )


def _wrong(error: etree.XMLSyntaxError) -> WrongXml:
    """Say where it is wrong: what libxml2 says of it repeats what stands there."""
    entries = list(error.error_log)[-1:]  # Those before may be about other documents.
    if entries and entries[0].domain_name == "SCHEMASV":
        return WrongXml(_("It does not fit the schema (%(rule)s).", rule=rule(entries[0])))
    if not error.lineno:
        return WrongXml()
    return WrongXml(_("It is no XML that can be read: line %(line)s.", line=str(error.lineno)))


def rule(entry: Any) -> str:
    """Return the rule of XSD that an entry of a log is about, such as `CVC_ENUMERATION_VALID`."""
    return str(entry.type_name).removeprefix("SCHEMAV_")
