"""Read what a call is given, and say beside each parameter what is wrong with it."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from app_srvc.calls.known import LEVEL, Call
from app_srvc.errors import InvalidForm
from app_srvc.queues import CALLS
from app_srvc.words import Sentence, _

DEFAULT_LEVEL = 5
LEVEL_HEADER = "X-Level"
TOKEN = "csrf_token"  # noqa: S105  # The name of a field.

WRONG = _("Something in the parameters needs another look.")
NO_LEVEL = _("This takes a level from 0 to 9; the lower one goes first.")
NO_OBJECT = _("This takes a JSON object with the parameters.")

_SENTENCES: dict[str, Sentence] = {
    "missing": _("This is needed."),
    "extra_forbidden": _("There is no such parameter."),
    "int_parsing": _("This takes a whole number."),
    "int_type": _("This takes a whole number."),
    "int_from_float": _("This takes a whole number."),
    "int_parsing_size": _("This number is too large."),
    "float_parsing": _("This takes a number."),
    "float_type": _("This takes a number."),
    "finite_number": _("This takes a number."),
    "bool_parsing": _("This takes true or false."),
    "bool_type": _("This takes true or false."),
    "string_type": _("This takes a text."),
}
_WITH_VALUES: dict[str, tuple[Sentence, str]] = {
    "greater_than_equal": (_("This must be at least %(value)s."), "ge"),
    "less_than_equal": (_("This must be at most %(value)s."), "le"),
    "greater_than": (_("This must be more than %(value)s."), "gt"),
    "less_than": (_("This must be less than %(value)s."), "lt"),
    "string_too_long": (_("This takes at most %(value)s characters."), "max_length"),
    "string_too_short": (_("This takes at least %(value)s characters."), "min_length"),
}


def with_level(
    parameters: Callable[[], dict[str, Any]], query: Mapping[str, str], header: str | None = None
) -> tuple[dict[str, Any], int]:
    """Return what `parameters` reads, and the level.

    Raises:
        InvalidForm: with all that is wrong with either.
    """
    values, level, wrong = dict[str, Any](), DEFAULT_LEVEL, []
    try:
        level = read_level(query, header)
    except InvalidForm as error:
        wrong.append(error)
    try:
        values = parameters()
    except InvalidForm as error:
        wrong.append(error)
    if len(wrong) > 1:
        raise InvalidForm(WRONG, wrong[0].fields | wrong[1].fields)
    if wrong:
        raise wrong[0]
    return values, level


def from_texts(call: Call, given: MultiDict[str, str]) -> dict[str, Any]:
    """Return the parameters out of an address or a form.

    What a form leaves empty is not given, unless it is a text.

    Raises:
        InvalidForm: they are not what the call takes.
    """
    known = {parameter.name: parameter for parameter in call.parameters}
    values: dict[str, Any] = {}
    for name, texts in given.lists():
        if name in {LEVEL, TOKEN}:
            continue
        parameter = known.get(name)
        if parameter is not None and parameter.is_list:
            values[name] = texts
        elif texts != [""] or parameter is None or parameter.kind == "str":
            values[name] = texts[0] if len(texts) == 1 else texts
    return check(call, values)


def from_json(call: Call, body: object) -> dict[str, Any]:
    """Return the parameters out of a JSON body.

    Raises:
        InvalidForm: it is no object, or they are not what the call takes.
    """
    if not isinstance(body, dict):
        raise InvalidForm(NO_OBJECT, {"body": [NO_OBJECT]})
    return check(call, body)


def check(call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as JSON can hold them.

    Raises:
        InvalidForm: they are not what the call takes.
    """
    try:
        return call.model.model_validate(values).model_dump(mode="json")
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for problem in error.errors(include_url=False, include_input=False):
            fields.setdefault(str(problem["loc"][0]), []).append(_sentence(problem))
        raise InvalidForm(WRONG, fields) from None


def read_level(query: Mapping[str, str], header: str | None = None) -> int:
    """Return the level that the address or else a header names, 0 to 9.

    Raises:
        InvalidForm: it is none.
    """
    text = query.get(LEVEL) or header or str(DEFAULT_LEVEL)
    if len(text) != 1 or text not in "0123456789" or int(text) >= len(CALLS):
        raise InvalidForm(NO_LEVEL, {LEVEL: [NO_LEVEL]})
    return int(text)


def _sentence(problem: ErrorDetails) -> str:
    kind = problem["type"]
    if kind in _WITH_VALUES:
        sentence, name = _WITH_VALUES[kind]
        return sentence % {"value": problem.get("ctx", {}).get(name)}
    if kind == "value_error":
        told = problem["ctx"]["error"].args  # A sentence, where the call has marked it.
        return str(problem["msg"]) if not told else told[0]
    return _SENTENCES.get(kind) or _("This cannot be taken: %(why)s", why=problem["msg"])
