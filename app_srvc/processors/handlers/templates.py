"""Texts with places that a record fills in, each written as the text around it demands.

A template comes from an operator, a record from anybody: what a record fills in stays a value in
JSON, a text in XML and one part of an address, whatever stands in it.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from app_srvc.processors.handlers import safe_xml
from app_srvc.processors.handlers.failures import Permanent, WrongConfiguration
from app_srvc.processors.handlers.fields import Fields
from app_srvc.words import _

Result = TypeVar("Result")


def kind_of(media_type: str) -> str:
    """Return what a text of a media type is written as: `json`, `xml` or `text`."""
    essence = media_type.partition(";")[0].strip().lower()
    for kind in ("json", "xml"):
        if essence.endswith((f"/{kind}", f"+{kind}")):
            return kind
    return "text"


class Template:
    """A text with places, of the kind `url`, `json`, `xml` or `text`.

    Raises:
        WrongConfiguration: it cannot be read.
    """

    def __init__(self, text: str, kind: str) -> None:
        self._kind = kind
        try:
            self._template = _environment(kind).from_string(text)
        except TemplateSyntaxError as error:
            raise _unreadable(error) from None

    def fill(self, fields: Fields) -> str:
        """Return the text, filled in.

        Raises:
            Permanent: the record has not what it asks for, or makes no JSON or XML of it.
            WrongConfiguration: it asks for what no template may.
        """
        text = _filled(lambda: self._template.render(record=fields))
        _check(self._kind, text)
        return text


class Condition:
    """An expression that a record fulfils or not, such as `record.xpath("//total") | float > 100`.

    Raises:
        WrongConfiguration: it cannot be read.
    """

    def __init__(self, expression: str) -> None:
        try:
            self._expression = _environment("text").compile_expression(
                expression, undefined_to_none=False
            )
        except TemplateSyntaxError as error:
            raise _unreadable(error) from None

    def holds(self, fields: Fields) -> bool:
        """Say whether a record fulfils it; fails as `Template.fill` does."""
        return _filled(lambda: bool(self._expression(record=fields)))


@cache
def _environment(kind: str) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=kind == "xml",
        finalize=_WRITTEN[kind],
        keep_trailing_newline=True,
    )


def _in_url(value: Any) -> str:
    text = quote(_in_text(value), safe="")
    if text in {"", ".", ".."}:
        # It would name another place than the one that was meant.
        raise Permanent(_("A part of the address would be empty or lead elsewhere."))
    return text


def _in_json(value: Any) -> str:
    return value if isinstance(value, Markup) else json.dumps(value, ensure_ascii=False)


def _in_text(value: Any) -> Any:
    """Write nothing where there is nothing, instead of Python's word for it."""
    return "" if value is None else value if isinstance(value, str) else str(value)


_WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    "url": _in_url,
    "json": _in_json,
    "xml": _in_text,
    "text": _in_text,
}


def _filled(fill: Callable[[], Result]) -> Result:
    try:
        return fill()
    except SecurityError:
        raise WrongConfiguration(_("The template asks for what no template may.")) from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError):
        raise Permanent(_("The record has not all that the template asks for.")) from None


def _check(kind: str, text: str) -> None:
    if kind == "xml":
        safe_xml.parse(text.encode())
    if kind == "json":
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            raise Permanent(_("What the template makes of it is no JSON.")) from None


def _unreadable(error: TemplateSyntaxError) -> WrongConfiguration:
    return WrongConfiguration(
        _(
            "The template cannot be read at line %(line)s: %(fault)s",
            line=str(error.lineno),
            fault=error.message or "",
        )
    )
