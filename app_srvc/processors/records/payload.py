"""What is in a record, as a person can read it."""

import json
import re
from typing import NamedTuple

from lxml import etree

from app_srvc.errors import InvalidForm
from app_srvc.processors.handlers.templates import kind_of
from app_srvc.words import _

# What is larger is shown in part, and not laid out.
SHOWN_BYTES = 100_000
# What is larger is not edited in a form.
EDITED_BYTES = 400_000
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\sencoding=[\"']([A-Za-z][\w.-]*)")


class Shown(NamedTuple):
    """A text; `is_laid_out` False is as it came, `text` None is no text at all."""

    text: str | None
    is_laid_out: bool = False
    is_cut: bool = False


def show(media_type: str, body: bytes, size: int) -> Shown:
    """Return what is in a record, laid out if that can be; `body` may be the beginning of it."""
    is_cut = len(body) < size
    if not is_cut:
        laid_out = _laid_out(media_type, body)
        if laid_out is not None:
            return Shown(laid_out, is_laid_out=True)
    try:
        # A sign may be cut in two.
        errors = "ignore" if is_cut else "strict"
        return Shown(body.decode(_encoding(media_type, body), errors), is_cut=is_cut)
    except (UnicodeDecodeError, LookupError):
        return Shown(None)


def text_of(media_type: str, body: bytes) -> str | None:
    """Return a text that can be edited; None where it is none, or too long."""
    if len(body) > EDITED_BYTES:
        return None
    try:
        return body.decode(_encoding(media_type, body))
    except (UnicodeDecodeError, LookupError):
        return None


def edited(media_type: str, before: bytes, text: str) -> bytes:
    """Return what somebody has made of a text. Line ends stay what they were.

    Raises:
        InvalidForm: it is not what the record says that it is.
    """
    if b"\r\n" not in before:
        text = text.replace("\r\n", "\n")
    try:
        body = text.encode(_encoding(media_type, text.encode()))
        if kind_of(media_type) == "xml":
            _parse(body)
        elif kind_of(media_type) == "json":
            json.loads(text)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None) or 1
        sentence = _("This is not well-formed: look at line %(line)s.", line=line)
        raise InvalidForm(sentence, {"body": [sentence]}) from None
    return body


def _encoding(media_type: str, body: bytes) -> str:
    """Return the encoding that XML says it has; UTF-8 where it says nothing."""
    said = _DECLARED.match(body) if kind_of(media_type) == "xml" else None
    return said[1].decode() if said else "utf-8"


def _laid_out(media_type: str, body: bytes) -> str | None:
    try:
        if kind_of(media_type) == "xml":
            tree = _parse(body)
            etree.indent(tree)
            return str(etree.tostring(tree.getroottree(), encoding="unicode"))
        if kind_of(media_type) == "json":
            return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (etree.XMLSyntaxError, ValueError, RecursionError):
        pass
    return None


def _parse(body: bytes) -> etree._Element:
    """Read XML, and nothing that it points to."""
    return etree.fromstring(body, etree.XMLParser(no_network=True, load_dtd=False))
