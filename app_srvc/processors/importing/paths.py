"""Where records are in an XML document, and where their keys are in them."""

import re
from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

from app_srvc.processors.importing.items import Bad
from app_srvc.words import _

NO_PATH = _("Write where the records are from the root on, as in /orders/order.")
NO_XPATH = _("Write a path from the record on, as in number, header/number or @id.")

_STEP = re.compile(r"(?:\{([^{}]*)\})?([^\W\d][\w.-]*)")
_SIMPLE = re.compile(r"(?:[^\W\d][\w.-]*/)*(@?)([^\W\d][\w.-]*)")


class Step(NamedTuple):
    """The name of an element; `space` None is one in any namespace, or in none."""

    space: str | None
    name: str

    @property
    def tag(self) -> str:
        """What lxml is asked for."""
        return f"{{{'*' if self.space is None else self.space}}}{self.name}"

    def fits(self, tag: str) -> bool:
        """Say whether an element with that tag is meant."""
        space, _, name = tag.rpartition("}")
        return name == self.name and (self.space is None or space == f"{{{self.space}")


def record_path(text: str) -> list[Step]:
    """Return the steps of a path such as /orders/order, or /{urn:example}orders/order.

    Raises:
        Bad: it is no such path.
    """
    if not re.fullmatch(rf"(?:/{_STEP.pattern})+", text):
        raise Bad(NO_PATH)
    return [Step(space or None, name) for space, name in _STEP.findall(text)]


def key(text: str) -> Callable[[etree._Element], str]:
    """Return what finds the text at an XPath from an element on; "" where there is nothing.

    A path of plain names finds them in any namespace, which XPath 1.0 would not.

    Raises:
        Bad: it is no such path.
    """
    if _SIMPLE.fullmatch(text):
        text = re.sub(r"(@?)([^\W\d][\w.-]*)", _any_space, text)
    try:
        if text.startswith("/"):
            raise Bad(NO_XPATH)
        found = etree.XPath(f"string({text})")
    except (etree.XPathError, ValueError):
        raise Bad(NO_XPATH) from None

    def find(element: etree._Element) -> str:
        try:
            return str(found(element)).strip()
        except etree.XPathError:
            return ""

    return find


def _any_space(name: re.Match[str]) -> str:
    return f"{'@*' if name[1] else '*'}[local-name()='{name[2]}']"
