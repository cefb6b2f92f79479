"""The description of the API as a page shows it."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from markupsafe import Markup, escape


class Parameter(NamedTuple):
    """Something that can be sent; `kind` is its type in a word or two."""

    name: str
    where: str
    kind: str
    is_required: bool


class Shown(NamedTuple):
    """An operation: what it takes, the media types of its body, and what it answers.

    `summary` and `description` are HTML.
    """

    id: str
    method: str
    path: str
    summary: Markup
    description: Markup
    parameters: list[Parameter]
    media_types: list[str]
    answers: list[tuple[str, str]]


class Group(NamedTuple):
    """The operations of a service."""

    name: str
    operations: list[Shown]


def groups(document: Mapping[str, Any]) -> list[Group]:
    """Return all operations by service, in the order of their addresses."""
    found: dict[str, list[Shown]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = _shown(path, method, operation, document)
            found.setdefault(operation["tags"][0], []).append(shown)
    return [Group(name, found[name]) for name in sorted(found)]


def _shown(
    path: str, method: str, operation: Mapping[str, Any], document: Mapping[str, Any]
) -> Shown:
    body = operation.get("requestBody", {}).get("content", {})
    parameters = [
        Parameter(one["name"], one["in"], _kind(one["schema"]), one["required"])
        for one in operation["parameters"]
    ]
    for media_type in list(body)[:1]:
        parameters += _fields(_resolved(body[media_type]["schema"], document))
    return Shown(
        operation["operationId"], method.upper(), path, _html(operation["summary"]),
        _html(operation.get("description", "")), parameters, list(body),
        [(status, one["description"]) for status, one in operation["responses"].items()],
    )  # fmt: skip


def _html(text: str) -> Markup:
    """Show what stands between backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def _fields(schema: Mapping[str, Any]) -> list[Parameter]:
    required = schema.get("required", ())
    return [
        Parameter(name, "body", _kind(one), name in required)
        for name, one in schema.get("properties", {}).items()
    ]


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(str(one) for one in schema["enum"] if one != "")
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return str(schema.get("format") or schema.get("type") or "")
