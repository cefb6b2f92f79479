"""Our `oc process` does what the real one was seen to do."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment.oc_process import Refused, load, process, read_parameters

PARAMETERS = [
    {"name": "A", "value": "one"},
    {"name": "B", "value": "two"},
    {"name": "NUMBER", "value": "5"},
    {"name": "NOTHING", "value": "null"},
    {"name": "JSON", "value": '{"a": [1, true]}'},
]


def made_of(text: str, **given: str) -> Any:
    """Return what becomes of a value, which may be any YAML."""
    template = {
        "objects": [{"metadata": {"name": "x"}, "spec": yaml.safe_load(text)}],
        "parameters": PARAMETERS,
    }
    return process(template, given)[0].get("spec")


STRINGS = {
    "several in one string": ("${A}-${B}", "one-two"),
    "a name that nobody declared stays": ("${C}", "${C}"),
    "what is no name stays": ("${a-b} ${A $A", "${a-b} ${A $A"),
    "there is no escape": ("$${A} \\${A}", "$one \\one"),
    "a number stays a string": ('"${NUMBER}"', "5"),
    "in double braces it becomes one": ("${{NUMBER}}", 5),
    "what is no JSON stays a string": ("${{A}}", "one"),
    "JSON becomes what it says": ("${{JSON}}", {"a": [1, True]}),
    "double braces inside a string stay": ("x${{NUMBER}}y", "x${{NUMBER}}y"),
    "keys too": ('{"${A}": 1}', {"one": 1}),
    "a field that becomes null is dropped": ("{a: 1, b: '${{NOTHING}}'}", {"a": 1}),
}


@pytest.mark.parametrize("case", STRINGS)
def test_values_are_put_in(case: str) -> None:
    text, expected = STRINGS[case]

    assert made_of(text) == expected


def test_what_is_given_wins_over_what_the_template_says() -> None:
    assert made_of("${A}", A="other") == "other"


def test_a_namespace_stays_only_when_a_parameter_names_it() -> None:
    template = {
        "objects": [
            {"metadata": {"name": "x", "namespace": "fixed"}},
            {"metadata": {"name": "y", "namespace": "${A}"}},
        ],
        "parameters": PARAMETERS,
    }

    fixed, named = process(template, {})

    assert "namespace" not in fixed["metadata"]
    assert named["metadata"]["namespace"] == "one"


def test_labels_go_onto_each_object_and_nothing_inside_it() -> None:
    pod = {"metadata": {"labels": {"app": "pod"}}}
    template = {
        "objects": [{"metadata": {"labels": {"app": "x", "b": "y"}}, "spec": {"template": pod}}],
        "labels": {"app": "${A}"}, "parameters": PARAMETERS,
    }  # fmt: skip

    made = process(template, {})[0]

    assert made["metadata"]["labels"] == {"app": "one", "b": "y"}
    assert made["spec"]["template"] == pod


@pytest.mark.parametrize(
    ("parameter", "given", "sentence"),
    [
        ({"name": "X", "required": True}, {}, "parameter X is required"),
        ({"name": "X"}, {"Y": "1"}, 'unknown parameter name "Y"'),
        ({"name": "X", "value": True}, {}, "cannot unmarshal"),
    ],
)
def test_it_is_refused(parameter: dict[str, Any], given: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        process({"objects": [], "parameters": [parameter]}, given)


def test_what_is_unknown_can_be_ignored() -> None:
    assert process({"objects": []}, {"Y": "1"}, ignore_unknown=True) == []


def test_values_are_generated_anew_each_time_unless_one_is_given() -> None:
    template = {
        "objects": [{"metadata": {"name": "${P}"}}],
        "parameters": [{"name": "P", "generate": "expression", "from": "[a-zA-Z0-9]{32}"}],
    }

    made = [process(template, {})[0]["metadata"]["name"] for _ in range(2)]

    assert len(set(made)) == 2
    assert {len(name) for name in made} == {32}
    assert process(template, {"P": "mine"})[0]["metadata"]["name"] == "mine"


def test_a_file_of_parameters_is_read() -> None:
    text = (
        "# a remark\r\nA=one # cut off\r\n\nexport B='two # kept'\nC=\"a\\nb\"\nD=$A\nA=last\nE=\n"
    )

    assert read_parameters(text) == {
        "A": "last", "B": "two # kept", "C": "a\nb", "D": "$A", "E": "",
    }  # fmt: skip


def test_a_byte_order_mark_is_refused() -> None:
    with pytest.raises(Refused, match="invalid parameter assignment in \ufeffA=one"):
        read_parameters("\ufeffA=one\n")


def test_two_keys_of_the_same_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("apiVersion: template.openshift.io/v1\napiVersion: v1\nobjects: []\n")

    with pytest.raises(Refused, match="twice"):
        load(path)
