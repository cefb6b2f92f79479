"""What `oc process --local` makes of a template: the rules that the real one was seen to follow.

It exists so that templates can be tested without a cluster. test_oc_process.py has the rules.
"""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

NAME = re.compile(r"[a-zA-Z0-9_]+")
INSIDE = re.compile(r"\$\{([a-zA-Z0-9_]+)\}")
WHOLE = re.compile(r"\$\{\{([a-zA-Z0-9_]+)\}\}")
GENERATED = re.compile(r"\[a-zA-Z0-9\]\{(\d+)\}")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
BYTE_ORDER_MARK = "\ufeff"


class Refused(Exception):
    """oc would end with 1; the message says why."""


class _Loader(yaml.CSafeLoader):
    """YAML as oc reads it, but a key that is there twice is refused: oc lets the last one win."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise Refused(f"{twice} is there twice")
    values = [loader.construct_object(value, deep=True) for _, value in node.value]
    return dict(zip(keys, values, strict=True))


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def load(path: Path) -> dict[str, Any]:
    """Read a template."""
    template: dict[str, Any] = yaml.load(path.read_text("utf-8"), _Loader)
    if template.get("apiVersion") != "template.openshift.io/v1":
        raise Refused(f'no kind "Template" is registered for {template.get("apiVersion")}')
    return template


def read_parameters(text: str) -> dict[str, str]:
    """Read what `--param-file` names. The last of two lines about the same name wins."""
    found = {}
    for line in text.split("\n"):
        stripped = line.strip().removeprefix("export ").strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not NAME.fullmatch(name):
            raise Refused(f"invalid parameter assignment in {stripped}")
        found[name] = _value(value.strip())
    return found


def _value(text: str) -> str:
    if text[:1] == text[-1:] == "'" and len(text) > 1:
        return text[1:-1]
    if text[:1] == text[-1:] == '"' and len(text) > 1:
        return text[1:-1].replace("\\n", "\n")
    return re.split(r"\s+#", text, maxsplit=1)[0]


def process(
    template: dict[str, Any],
    given: Mapping[str, str],
    *,
    ignore_unknown: bool = False,
) -> list[dict[str, Any]]:
    """Return the objects, with the template's labels on them."""
    values = _values(template, given, ignore_unknown=ignore_unknown)
    labels = _fill(template.get("labels", {}), values)
    objects = []
    for raw in template["objects"]:
        made = _fill(raw, values)
        metadata = made["metadata"]
        if not INSIDE.search(str(raw["metadata"].get("namespace", ""))):
            metadata.pop("namespace", None)
        if labels:
            metadata["labels"] = metadata.get("labels", {}) | labels
        objects.append(made)
    return objects


def _values(
    template: dict[str, Any], given: Mapping[str, str], *, ignore_unknown: bool
) -> dict[str, str]:
    declared = {parameter["name"]: parameter for parameter in template.get("parameters", [])}
    unknown = sorted(set(given) - set(declared))
    if unknown and not ignore_unknown:
        raise Refused(f'unknown parameter name "{unknown[0]}"')
    values = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.get("value", ""))
        if not isinstance(value, str):
            raise Refused(f"cannot unmarshal {value!r} into the value of {name}")
        if not value and parameter.get("generate") == "expression":
            value = generate(parameter["from"])
        if not value and parameter.get("required"):
            raise Refused(f"parameter {name} is required and must be specified")
        values[name] = value
    return values


def generate(expression: str) -> str:
    """Make a value such as `[a-zA-Z0-9]{32}` asks for; other expressions are not used here."""
    found = GENERATED.fullmatch(expression)
    if not found:
        raise Refused(f"{expression} is not understood")
    return "".join(secrets.choice(LETTERS) for _ in range(int(found[1])))


def _fill(part: Any, values: Mapping[str, str]) -> Any:
    """Put values into strings and keys; what becomes null is dropped with its key."""
    if isinstance(part, dict):
        filled = {_fill(key, values): _fill(value, values) for key, value in part.items()}
        return {key: value for key, value in filled.items() if value is not None}
    if isinstance(part, list):
        return [_fill(item, values) for item in part]
    if not isinstance(part, str):
        return part
    whole = WHOLE.fullmatch(part)
    if whole and whole[1] in values:
        try:
            return json.loads(values[whole[1]])
        except ValueError:
            return values[whole[1]]
    return INSIDE.sub(lambda found: values.get(found[1], found[0]), part)


def used_by(template: dict[str, Any]) -> set[str]:
    """Return the names that objects, labels and the message mention."""
    parts = {key: template.get(key) for key in ("objects", "labels", "message")}
    text = json.dumps(parts)
    return set(INSIDE.findall(text)) | set(WHOLE.findall(text))


def from_files(
    template: Path, files: Iterable[Path], given: Mapping[str, str], *, ignore_unknown: bool = True
) -> list[dict[str, Any]]:
    """Process a template as the scripts do: with files of parameters, and some more."""
    values: dict[str, str] = {}
    for file in files:
        values |= read_parameters(file.read_bytes().decode("utf-8"))
    return process(load(template), values | dict(given), ignore_unknown=ignore_unknown)
