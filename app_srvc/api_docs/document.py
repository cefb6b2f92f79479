"""The OpenAPI document of an application: its routes, and what services say about them."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from apispec import APISpec
from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule, UUIDConverter

from app_srvc.api_docs import schemas
from app_srvc.api_docs.operations import Answer, Body, Operation, Variant
from app_srvc.api_docs.schemas import Components, Schema

TITLE, VERSION, OPENAPI = "Cherha", "1", "3.1.0"
ABOUT = (
    "Slow work behind a web form, and none of it lost. Whatever is submitted becomes a job;"
    " `/api/jobs/{job_id}?wait=60` answers as soon as it has ended. Sentences are English, or in"
    " the language that `Accept-Language` asks for; names and values of states never change."
)
# What may come of any of them.
REFUSALS = {
    400: "The request could not be understood.",
    401: "The token is wrong, or one is needed.",
    403: "That is not allowed.",
    404: "There is no such thing, or it is not yours.",
    409: "That cannot be done now.",
    412: "Another version of the protocol is spoken here.",
    413: "It is too large.",
    415: "It is of a kind that is not taken here.",
    422: "Something in it needs another look.",
    429: "Too many requests; Retry-After says when to come again.",
    500: "It failed.",
    503: "Not available just now; Retry-After says when to come again.",
    507: "There is no room left to store that.",
}
OF_EVERY = (400, 401, 403, 404, 429, 503)


class Route(NamedTuple):
    """A method of an address that programs may use."""

    rule: Rule
    method: str
    operation: Operation
    doc: str
    # Whether the view has other addresses, too.
    is_one_of_several: bool

    @property
    def name(self) -> str:
        """What the operation is called by programs that are made of this."""
        several = sorted(self.rule.arguments) if self.is_one_of_several else []
        return "_".join((self.rule.endpoint.replace(".", "_"), self.method.lower(), *several))

    @property
    def path(self) -> str:
        """The address as OpenAPI writes it."""
        parts = (part if is_text else f"{{{part}}}" for is_text, part in _parts(self.rule))
        return "".join(parts)


def build(app: Flask, described: Mapping[str, Operation]) -> dict[str, Any]:
    """Describe all that is known of an application's routes."""
    spec = APISpec(TITLE, VERSION, OPENAPI, info={"description": ABOUT})
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    components: Components = {}
    paths: dict[str, dict[str, Schema]] = {}
    for route in sorted(_routes(app, described), key=lambda one: (one.path, one.method)):
        for path, made in _operations(route, components):
            paths.setdefault(path, {})[route.method.lower()] = made
    for name in sorted(components):
        spec.components.schema(name, components[name])
    for path in sorted(paths):
        spec.path(path, operations=paths[path])
    made = spec.to_dict()
    return dict(made) | {"security": [{}, {"token": []}]}


def _routes(app: Flask, described: Mapping[str, Operation]) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        found = described.get(rule.endpoint)
        if found is None:
            continue
        doc = inspect.getdoc(app.view_functions[rule.endpoint]) or ""
        several = len(list(app.url_map.iter_rules(rule.endpoint))) > 1
        for method in _own_methods(rule):
            yield Route(rule, method, found, doc, several)


def _own_methods(rule: Rule) -> set[str]:
    """Return the methods that a view was written for, not those that follow from them."""
    methods = set(rule.methods or ())
    if len(methods) > 1:
        methods.discard("OPTIONS")
    if "GET" in methods:
        methods.discard("HEAD")
    return methods


def _operations(route: Route, components: Components) -> Iterator[tuple[str, Schema]]:
    operation = route.operation
    if operation.variants is None:
        yield route.path, _operation(route, Variant({}, route.doc), components)
        return
    for variant in operation.variants():
        path = route.path
        for name, value in variant.values.items():
            path = path.replace(f"{{{name}}}", value)
        yield path, _operation(route, variant, components)


def _operation(route: Route, variant: Variant, components: Components) -> Schema:
    operation, doc = route.operation, variant.what
    name = "_".join((route.name, *variant.values.values()))
    made: Schema = {
        "operationId": name,
        "tags": [operation.group],
        "summary": doc.partition("\n")[0],
        "parameters": [*_in_path(route, variant), *_in_query(operation, variant), *_in(operation)],
        "responses": _answers(operation, components),
    }
    more = doc.partition("\n")[2].strip()
    if more:
        made["description"] = more
    body = variant.body or operation.body
    if body is not None:
        made["requestBody"] = _body(body, components)
    return made


def _in_path(route: Route, variant: Variant) -> Iterator[Schema]:
    for name, converter in route.rule._converters.items():
        if name in variant.values:
            continue
        schema: Schema = {"type": "string"}
        if isinstance(converter, UUIDConverter):
            schema["format"] = "uuid"
        elif isinstance(converter, IntegerConverter):
            schema = {"type": "integer", "minimum": 0}
        elif isinstance(converter, AnyConverter):
            schema["enum"] = sorted(converter.items)
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(operation: Operation, variant: Variant) -> Iterator[Schema]:
    for query in (operation.query, variant.query):
        for name, schema, is_required in schemas.parameters(query):
            yield {"name": name, "in": "query", "required": is_required, "schema": schema}


def _in(operation: Operation) -> Iterator[Schema]:
    for header in operation.headers:
        yield {
            "name": header.name, "in": "header", "required": header.is_required,
            "schema": dict(header.schema), "description": header.what,
        }  # fmt: skip


def _body(body: Body, components: Components) -> Schema:
    content = {
        media_type: {"schema": schemas.of(value, components)}
        for media_type, value in body.by_type.items()
    }
    return {"required": body.is_required, "content": content}


def _answers(operation: Operation, components: Components) -> Schema:
    refused: Iterable[int] = {*OF_EVERY, *operation.refuses} - set(operation.answers)
    answers = {status: operation.refused_as._replace(what=REFUSALS[status]) for status in refused}
    answers |= operation.answers
    return {str(status): _answer(answers[status], components) for status in sorted(answers)}


def _answer(answer: Answer, components: Components) -> Schema:
    made: Schema = {"description": answer.what}
    if answer.headers:
        made["headers"] = {
            name: {"schema": {"type": "string"}, "description": what}
            for name, what in answer.headers.items()
        }
    if answer.shape is not None:
        made["content"] = {answer.media_type: {"schema": schemas.of(answer.shape, components)}}
    return made


def _parts(rule: Rule) -> Iterator[tuple[bool, str]]:
    """Yield the parts of an address, and whether each is text or a name."""
    for is_name, part in rule._trace:
        if part != "|":
            yield not is_name, part
