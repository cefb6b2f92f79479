"""The rules and the dashboard for Prometheus ask for nothing that is not told."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml
from flask.testing import FlaskClient

from tests.support import processing
from tests.support.figures import TOKEN, Figures, figures
from tests.support.workers import ROOT

RULES = ROOT / "monitoring" / "alerts.yml"
DASHBOARD = ROOT / "monitoring" / "grafana.json"
PROMTOOL = shutil.which("promtool")

SELECTOR = re.compile(r"\b(cherha_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
# What is there only after something has happened.
IN_TIME = {"status", "endpoint", "method"}


def rules() -> list[dict[str, str]]:
    """Return the alert rules."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, object]]:
    """Return the panels of the dashboard."""
    found: list[dict[str, object]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def expressions() -> Iterator[tuple[str, str]]:
    """Return all that is asked for, each with the name of who asks."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:  # type: ignore[attr-defined]
            yield str(panel["title"]), target["expr"]


@pytest.fixture
def told(setting: Callable[..., None], client: FlaskClient) -> Figures:
    """Return all figures there are."""
    setting(metrics_token=TOKEN)
    processing.processor("letters")
    client.get("/healthz")
    return figures(client)


def faults(expression: str, told: Figures) -> Iterator[str]:
    """Return what is wrong with an expression, given all that is told."""
    for metric, matchers in SELECTOR.findall(expression):
        if not told.has(metric):
            yield f"{metric} is not told"
            continue
        samples = told.all_of(metric)
        for label, operator, value in MATCHER.findall(matchers):
            known = {sample.labels.get(label) for sample in samples}
            wanted = set(value.split("|")) if operator == "=~" else {value}
            if known == {None}:
                yield f"{metric} has no {label}"
            elif label not in IN_TIME and operator in {"=", "=~"} and not wanted <= known:
                yield f"{metric} has no {label} {value}"


def test_what_is_asked_for_is_told(told: Figures) -> None:
    asked = list(expressions())
    wrong = {name: found for name, text in asked if (found := list(faults(text, told)))}

    assert len(asked) > 30
    assert all("cherha_" in text or "up{" in text for _, text in asked)
    assert wrong == {}


@pytest.mark.parametrize(
    "expression",
    ["cherha_nothing > 1", 'cherha_workers{que="stt"}', 'cherha_queue_jobs{state="schedulled"}'],
)
def test_what_is_not_told_would_be_noticed(expression: str, told: Figures) -> None:
    assert list(faults(expression, told))


def test_each_rule_says_what_is_wrong_and_how_urgent_that_is() -> None:
    found = rules()

    assert len({rule["alert"] for rule in found}) == len(found) >= 10
    for rule in found:
        assert rule["labels"]["severity"] in {"warning", "critical"}  # type: ignore[index]
        assert set(rule["annotations"]) == {"summary", "description"}


def test_the_panels_stand_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        assert isinstance(at, dict)
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
@pytest.mark.parametrize(
    "arguments", [["check", "rules", str(RULES)], ["test", "rules", "tests/health/alerts.yml"]]
)
def test_prometheus_takes_the_rules_and_they_speak_up_when_they_should(
    arguments: list[str],
) -> None:
    answer = subprocess.run([PROMTOOL or "", *arguments], cwd=ROOT, capture_output=True, text=True)

    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_finds_nothing_to_object_to_in_what_is_told(told: Figures) -> None:
    answer = subprocess.run(
        [PROMTOOL or "", "check", "metrics"], input=told.text, capture_output=True, text=True
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr
