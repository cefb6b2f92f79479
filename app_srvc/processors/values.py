"""A value of a configuration: as it is kept, and as it stands in a field."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from app_srvc.words import _

_NUMBERS = {"integer": int, "number": float}
_FLAT = {"string", "boolean", *_NUMBERS}
# What is said of a field of which the schema says nothing.
HELP = {"nested": _("As JSON."), "lines": _("One a line.")}
# Texts that are longer than a line.
_LONG = {"textarea", "multiline", "xml", "json", "template"}


def field(name: str, about: Mapping[str, Any], is_needed: bool) -> Any:
    """Return the field for a property."""
    label = about.get("title") or name.replace("_", " ").capitalize()
    kind = kind_of(about)
    if kind == "boolean":
        return BooleanField(label)
    if kind in _FLAT and "enum" in about:
        choices = [SelectChoice(str(one), str(one)) for one in about["enum"]]
        nothing = [] if is_needed else [SelectChoice("", "-")]
        return SelectField(label, choices=[*nothing, *choices])
    if kind in _FLAT and about.get("format") not in _LONG and "contentMediaType" not in about:
        return StringField(label)
    return TextAreaField(label)


def kind_of(about: Mapping[str, Any]) -> str:
    """Return what a property is: of a flat type, `lines` or `nested`."""
    kind = about.get("type")
    if kind == "array" and about.get("items", {}).get("type") == "string":
        return "lines"
    return kind if kind in _FLAT else "nested"


def written(about: Mapping[str, Any], value: Any) -> Any:
    """Return a value as it stands in its field."""
    kind = kind_of(about)
    if kind == "boolean":
        return bool(value)
    if value is None:
        return ""
    if kind == "lines":
        return "\n".join(value)
    if kind == "number":
        return str(value).removesuffix(".0")
    return str(value) if kind in _FLAT else json.dumps(value, ensure_ascii=False, indent=2)


def read(about: Mapping[str, Any], text: Any) -> Any:
    """Return what stands in a field; None where nothing does.

    Raises:
        ValueError: it is not of that kind; with the sentence that says so.
    """
    kind = kind_of(about)
    if kind == "boolean":
        return bool(text)
    text = (text or "").replace("\r\n", "\n")
    if not text.strip():
        return None
    if kind == "string":
        return text
    if kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind in _NUMBERS:
        try:
            return _NUMBERS[kind](text.strip())
        except ValueError:
            raise ValueError(_("This takes a number.")) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        where = getattr(error, "lineno", 1)
        raise ValueError(_("This is no JSON: look at line %(line)s.", line=where)) from None


def can_be_kept(value: object) -> bool:
    """Say whether the database takes a value: not every text or number of JSON."""
    if isinstance(value, str):
        return re.search(r"[\0\ud800-\udfff]", value) is None
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(can_be_kept(one) for pair in value.items() for one in pair)
    return not isinstance(value, list) or all(can_be_kept(one) for one in value)
