"""The form of a configuration, made from its JSON Schema.

A flat property is a field of its kind, a list of texts has one a line; anything nested is written
as JSON.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError as Fault
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.form import BaseForm

from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN, NO_CHOICE
from app_srvc.processors import handlers, values
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.words import Sentence, _


class ConfigForm(BaseForm):
    """The fields of a configuration. `make` is what the schema cannot say, and raises it."""

    def __init__(
        self,
        schema: Mapping[str, Any],
        config: Mapping[str, Any] | None = None,
        *,
        make: Callable[[Mapping[str, Any]], object],
        prefix: str = "config.",
    ) -> None:
        self.schema = schema
        self.properties: Mapping[str, Any] = schema.get("properties", {})
        self._make = make
        needed = schema.get("required", ())
        super().__init__(
            {
                name: values.field(name, about, name in needed)
                for name, about in self.properties.items()
            },
            prefix=prefix,
        )
        written = config or {}
        self.process(
            data={
                name: values.written(about, written.get(name, about.get("default")))
                for name, about in self.properties.items()
            }
        )

    def help(self, field: Field) -> Any:
        """Return what the schema says of a field."""
        about = self.properties[field.short_name]
        return about.get("description") or values.HELP.get(values.kind_of(about), "")

    def read(self, sent: MultiDict[str, str]) -> dict[str, Any]:
        """Return the configuration that was sent.

        Raises:
            InvalidForm: something of it needs another look; the fields say what.
        """
        self.process(formdata=sent)
        config: dict[str, Any] = {}
        for name, about in self.properties.items():
            try:
                value = values.read(about, self[name].data)
            except ValueError as error:
                self[name].errors = [error.args[0]]
                continue
            if value is not None:
                config[name] = value
        self.check(config)
        return config

    def check(self, config: Mapping[str, Any]) -> None:
        """Look at a configuration, unless something of it could not even be read.

        Raises:
            InvalidForm: something of it needs another look; the fields say what.
        """
        if not values.can_be_kept(config):
            raise InvalidForm(_("There is a sign in it that no text can hold."))
        faults = jsonschema.Draft202012Validator(self.schema).iter_errors(config)
        for fault in () if self.errors else list(faults):
            for name in _places(fault):
                if name not in self.properties:
                    raise InvalidForm(_told(fault))
                self[name].errors = list(dict.fromkeys([*(self[name].errors or ()), _told(fault)]))
        if self.errors:
            raise InvalidForm(LOOK_AGAIN, self.errors)
        try:
            self._make(config)
        except WrongConfiguration as error:
            raise InvalidForm(error.sentence) from error


def of_handler(name: str, config: Mapping[str, Any] | None = None) -> ConfigForm:
    """Return the form of a handler's configuration.

    Raises:
        WrongConfiguration: this server has no such handler.
    """
    schema = handlers.find(name).schema
    return ConfigForm(schema, config, make=lambda config: handlers.make(name, config))


def _places(fault: Fault) -> Iterator[str]:
    """Yield the properties that a fault is about."""
    given: Any = fault.instance
    if fault.absolute_path:
        yield str(fault.absolute_path[0])
    elif fault.validator == "required":
        needed: Any = fault.validator_value
        yield from (name for name in needed if name not in given)
    elif fault.validator == "dependentRequired":
        along: Any = fault.validator_value
        yield from (
            name for one in along if one in given for name in along[one] if name not in given
        )
    else:
        yield ""


def _told(fault: Fault) -> Sentence:
    limit = fault.validator_value
    sentences = {
        "required": _("This cannot be empty."),
        "dependentRequired": _("This cannot be empty."),
        "minLength": _("This takes at least %(min)s characters.", min=limit),
        "minimum": _("This takes at least %(limit)s.", limit=limit),
        "exclusiveMinimum": _("This takes more than %(limit)s.", limit=limit),
        "maximum": _("This takes at most %(limit)s.", limit=limit),
        "maxLength": _("This takes at most %(max)s characters.", max=limit),
        "pattern": _("This has to be like %(pattern)s.", pattern=limit),
        "enum": NO_CHOICE,
    }
    known = sentences.get(str(fault.validator))
    if known is not None and len(fault.absolute_path) <= 1:
        return known
    return _("At %(where)s: %(fault)s", where=fault.json_path, fault=fault.message)
