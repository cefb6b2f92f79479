"""Schemas of what is sent, out of what checks it: forms of WTForms, and models of pydantic."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from wtforms import (
    BooleanField,
    Field,
    FloatField,
    Form,
    IntegerField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

REFERENCE = "#/components/schemas/{model}"

Schema = dict[str, Any]
# What is described elsewhere, by its name.
Components = dict[str, Schema]


def of(value: Any, components: Components) -> Schema:
    """Return the schema of a type, form or schema; what it refers to goes to the components.

    Raises:
        TypeError: it refers to something that has the name of another.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, type) and issubclass(value, Form):
        return _of_form(value)
    made = TypeAdapter(value).json_schema(ref_template=REFERENCE, mode="serialization")
    found = made.pop("$defs", {})
    if isinstance(value, type) and issubclass(value, BaseModel):
        found[value.__name__] = made
        made = {"$ref": REFERENCE.format(model=value.__name__)}
    for name, schema in found.items():
        if components.setdefault(name, schema) != schema:
            raise TypeError(f"there are two shapes named {name}")
    return made


def parameters(value: Any) -> Iterator[tuple[str, Schema, bool]]:
    """Yield name and schema of what a query may have, and whether it has to."""
    if value is None:
        return
    if isinstance(value, type) and issubclass(value, BaseModel):
        made = value.model_json_schema()
    elif isinstance(value, Mapping):
        made = {"properties": value}
    else:
        made = _of_form(value)
    for name, schema in made["properties"].items():
        yield name, schema, name in made.get("required", ())


def _of_form(form: type[Form]) -> Schema:
    fields = [field for field in form() if field.type != "CSRFTokenField"]
    required = [field.name for field in fields if _is_required(field)]
    schema: Schema = {
        "type": "object", "properties": {field.name: _of_field(field) for field in fields}
    }  # fmt: skip
    return schema | ({"required": required} if required else {})


def _is_required(field: Field) -> bool:
    return any(isinstance(one, DataRequired | InputRequired) for one in field.validators)


def _of_field(field: Field) -> Schema:
    schema = _kind(field)
    validators: Sequence[Any] = field.validators
    for one in validators:
        if isinstance(one, NumberRange):
            schema |= {"minimum": one.min, "maximum": one.max}
        elif isinstance(one, Length):
            schema["maxLength"] = one.max
    if field.label and str(field.label.text) != field.name.replace("_", " ").title():
        schema["description"] = str(field.label.text)
    return schema


def _kind(field: Field) -> Schema:
    if isinstance(field, SelectMultipleField):
        return {"type": "array", "items": {"enum": _values(field)}}
    if isinstance(field, SelectField):
        return {"type": "string", "enum": _values(field)}
    if isinstance(field, BooleanField):
        return {"type": "boolean"}
    if isinstance(field, IntegerField):
        return {"type": "integer"}
    if isinstance(field, FloatField):
        return {"type": "number"}
    return {"type": "string"}


def _values(field: SelectField) -> list[str]:
    return [str(choice[0]) for choice in field.iter_choices()]
