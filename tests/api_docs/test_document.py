"""The description of the API: everything that programs can ask is in it, and people can read it."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc.api_docs import document, gathering, schemas
from app_srvc.api_docs.operations import Answer, Operation, Shape
from app_srvc.processors.forms import ParametersForm

# Of those that answer people and programs alike, the ones that programs are told of.
ALSO = {
    "speech.upload", "speech.segments", "detection.upload", "detection.objects",
    "usrreg.register", "health.alive", "health.ready",
}  # fmt: skip
OF_THE_PAGE = {"api_docs.index", "api_docs.attempt", "api_docs.asset"}


def test_every_address_for_programs_is_described(app: Flask) -> None:
    for_programs = {
        name for name, bp in app.blueprints.items() if getattr(bp, "is_for_programs", False)
    }
    asked = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in for_programs or rule.rule.startswith("/api/")
    }

    assert (asked | ALSO) - OF_THE_PAGE == set(gathering.described())


def test_what_it_refers_to_is_in_it(client: FlaskClient) -> None:
    answer = client.get("/api/openapi.json")
    made = answer.get_json()

    assert made["openapi"].startswith("3.1")
    referred = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert referred <= set(made["components"]["schemas"])
    ids = [one["operationId"] for path in made["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    for operations in made["paths"].values():
        assert all(one["summary"] for one in operations.values())


def test_a_form_says_what_its_fields_take() -> None:
    made = schemas.of(ParametersForm, {})

    assert made["properties"]["parallel"] == {
        "type": "integer", "minimum": 1, "maximum": 64,
        "description": "Handled at the same time, at most",
    }  # fmt: skip
    assert made["properties"]["in_order"]["type"] == "boolean"
    assert "version" in made["required"]


def test_two_shapes_of_one_name_are_noticed(app: Flask) -> None:
    class Job(Shape):
        """Another one than that of jobs."""

        number: int

    known = dict(gathering.described()) | {"health.alive": Operation({200: Answer("A job.", Job)})}
    with app.test_request_context(), pytest.raises(TypeError, match="two shapes named Job"):
        document.build(app, known)


def test_the_page_lists_all_of_them_without_a_script(client: FlaskClient) -> None:
    made = client.get("/api/openapi.json").get_json()
    page = client.get("/api/docs/").text

    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            assert f"<b>{method.upper()}</b> {path}<" in page
            assert f'id="{operation["operationId"]}"' in page


def test_what_belongs_together_stands_under_the_name_of_its_service(client: FlaskClient) -> None:
    page = client.get("/api/docs/").text

    named = re.findall(r'<h2 id="group-\d+" lang="en">([^<]+)</h2>', page)
    assert named == sorted(named)
    assert {"Speech to text", "Object detection", "Quick calls", "Jobs"} <= set(named)
    assert "<code>wait=SECONDS</code>, up to 60" in page


def test_what_tries_it_comes_from_the_installed_package(client: FlaskClient) -> None:
    page = client.get("/api/docs/try")
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/api/docs/{name}" in page.text
        with client.get(f"/api/docs/{name}") as answer:
            assert len(answer.data) > 100_000
    assert client.get("/api/docs/LICENSE").status_code == 404
