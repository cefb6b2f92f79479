"""A dry run: all that a handler does, but for its effects."""

import jsonschema
import pytest

from app_srvc import words
from app_srvc.processors import handlers
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.handlers.trying import dry_run, record
from tests.processors.handlers import test_xml_validate
from tests.support.misbehaving import answers, serving

LETTER = record(b"<letter><name>Olha</name></letter>")


def test_it_tells_the_first_call_and_makes_none() -> None:
    with serving(answers(200)) as server:
        trial = dry_run("http", {"url": f"{server.url}/a?b=c", "private": True}, LETTER)

    assert (trial.call, trial.output, trial.failure) == (f"POST {server.url}/a", None, None)
    assert server.connections == 0


def test_it_tells_what_is_made_before_the_first_call() -> None:
    trial = dry_run("log", {}, LETTER)

    assert (trial.lines, trial.output) == (["application/xml, 34 bytes"], LETTER.payload)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("sql", {"connection": "cherha", "statement": "DELETE FROM records"}),
        ("xml.split", {"path": "letter/name", "processor": "names"}),
    ],
)
def test_it_writes_nothing_and_says_that_it_would(name: str, config: dict[str, object]) -> None:
    assert dry_run(name, config, LETTER).writes
    chained = {"steps": [{"name": "one", "handler": name, "config": config}]}
    assert dry_run("chain", chained, LETTER).writes


def test_it_tells_how_a_record_fails() -> None:
    trial = dry_run("xml.validate", {"xsd": test_xml_validate.XSD}, LETTER)

    assert trial.failure is not None
    assert trial.failure.kind == "permanent"


def test_it_goes_through_a_chain_up_to_the_first_call() -> None:
    chain = {
        "steps": [
            {"name": "one", "handler": "log"},
            {"name": "two", "handler": "http", "config": {"url": "https://a.example/"}},
            {"name": "three", "handler": "log"},
        ]
    }
    trial = dry_run("chain", chain, LETTER)

    assert trial.lines == ["application/xml, 34 bytes"]
    assert trial.call == "POST https://a.example/"


def test_a_secret_that_is_missing_shows() -> None:
    config = {"url": "https://a.example/", "auth": "bearer", "auth_secret": "NOWHERE"}
    trial = dry_run("http", config, LETTER)

    assert isinstance(trial.failure, WrongConfiguration)


@pytest.mark.parametrize("name", handlers.names())
def test_a_form_can_be_made_of_every_handler(name: str) -> None:
    handler = handlers.find(name)
    jsonschema.Draft202012Validator.check_schema(handler.schema)

    assert isinstance(handler.title, words.Sentence)
    for field in handler.schema.get("properties", {}).values():
        assert isinstance(field["title"], words.Sentence)
        assert isinstance(field.get("description", words._("")), words.Sentence)
        assert field["type"] in {"string", "integer", "number", "boolean", "object", "array"}
