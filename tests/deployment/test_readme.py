"""What openshift/README says is there, and both languages say the same."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.deployment.templates import OPENSHIFT, TEMPLATES
from tests.support.workers import ROOT

ENGLISH = (OPENSHIFT / "README.md").read_text("utf-8")
UKRAINIAN = (OPENSHIFT / "README.uk.md").read_text("utf-8")
# What stands before the table of twenty, which is in English alone.
PROSE = ENGLISH.partition("## Twenty")[0], UKRAINIAN.partition("## Двадцять")[0]


def test_each_of_the_twenty_has_a_test_that_is_there_or_a_reason() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \|$", ENGLISH, re.MULTILINE)
    there = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        there |= {path.name, *re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}

    assert [int(number) for number, _, _ in rows] == list(range(1, 21))
    for _, _, proof in rows:
        named = re.findall(r"`(test_\w+(?:\.py)?)`", proof)
        assert named
        assert set(named) <= there, set(named) - there
        assert all((ROOT / folder).exists() for folder in re.findall(r"`(tests/[\w/.]+)`", proof))


@pytest.mark.parametrize("mark", ["## ", "| `", "- ", "```"])
def test_both_languages_have_the_same_parts(mark: str) -> None:
    def parts(text: str) -> int:
        return sum(line.startswith(mark) for line in text.splitlines())

    assert parts(PROSE[0]) == parts(PROSE[1])


def test_both_languages_name_the_same_words() -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"`([^`\n]+)`", text))

    assert words(PROSE[0]) == words(PROSE[1])


def test_files_that_are_named_are_there() -> None:
    for name in re.findall(r"`?(?:openshift/)?((?:templates|params)/[\w-]+\.\w+)`?", ENGLISH):
        assert (OPENSHIFT / name).exists(), name
    numbers = [int(path.stem[:2]) for path in TEMPLATES if path.stem[:2].isdecimal()]
    assert all(a <= b for a, b in pairwise(numbers))


def test_what_checkov_is_told_to_leave_out_has_its_reason() -> None:
    lines = Path(OPENSHIFT / "checkov.yaml").read_text().splitlines()
    waived = [line for line in lines if "CKV_" in line]

    assert waived
    assert all(re.search(r"#\s+\S.{20,}\.$", line) for line in waived)
