"""Which calls there are, and what each takes; `declaring` makes them of functions."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from app_srvc import settings
from app_srvc.words import Sentence

# What the address of every call may have besides.
LEVEL = "level"
_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=False)


class Parameter(NamedTuple):
    """Something that a call takes. `kind` is its type in a word."""

    name: str
    kind: str
    is_required: bool
    default: Any
    is_list: bool


class Call(NamedTuple):
    """A function that can be called."""

    name: str
    function: Callable[..., Any]
    model: type[BaseModel]
    about: Sentence
    parameters: list[Parameter]
    is_volatile: bool
    timeout_seconds: int


_calls: dict[str, Call] = {}


def add(call: Call) -> None:
    """Let it be called.

    Raises:
        TypeError: there is one of that name.
    """
    if call.name in _calls:
        raise TypeError(f"there are two calls named {call.name}")
    _calls[call.name] = call


def find(name: str) -> Call | None:
    """Return the call of that name."""
    return _calls.get(name)


def every() -> Iterable[Call]:
    """Return all calls there are, by name."""
    return [_calls[name] for name in sorted(_calls)]


def check_settings() -> None:
    """See that settings name calls that there are.

    Raises:
        WrongSetting: one does not.
    """
    unknown = sorted(set(settings.load().call_limits) - set(_calls))
    if unknown:
        raise settings.WrongSetting(
            f"Wrong setting. CALL_LIMITS: there is no call named {unknown[0]}"
        )


def parameters_of(model: type[BaseModel]) -> list[Parameter]:
    """Return what a call takes, in order."""
    return [
        Parameter(
            name,
            getattr(field.annotation, "__name__", "value"),
            field.is_required(),
            None if field.is_required() else field.default,
            _is_list(field.annotation),
        )
        for name, field in model.model_fields.items()
    ]


def model_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Return what checks the parameters of a function.

    Raises:
        TypeError: one of them has no annotation, or could not be given by name.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in hints or name == LEVEL or parameter.kind not in {
            parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY,
        }:  # fmt: skip
            raise TypeError(f"{function.__name__} cannot take {name} as a call")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (hints[name], default)
    return create_model(f"{function.__name__}_parameters", __config__=_CONFIG, **fields)


def _is_list(annotation: Any) -> bool:
    """Say whether it takes several values, or may."""
    kinds = {get_origin(annotation), *map(get_origin, get_args(annotation))}
    return bool(kinds & {list, set, tuple, frozenset})
