"""What `make faults` writes: every fault is there, and what is not held is said with a figure."""

import re
from pathlib import Path

import pytest

from tests.faults import outcomes
from tests.faults.outcomes import Outcome, Run
from tests.faults.registry import FAULTS

FINE = Outcome(accepted=3, finished=2, failed=1, lost=0, twice=0, measured={"seconds": 4.0})


def runs(*told: Outcome, is_passed: bool = True) -> list[Run]:
    """Return a run of the first fault for each of these."""
    return [Run("F1", "test_it", is_passed, [one]) for one in told]


def test_every_fault_has_a_test_and_every_test_its_fault() -> None:
    texts = [path.read_text() for path in (Path(__file__).parent / "faults").glob("test_*.py")]
    named = {code for text in texts for code in re.findall(r'\.fault\("([\w]+)"\)', text)}

    assert named == set(FAULTS)
    assert {f"F{number}" for number in range(1, 16)} < named


def test_what_was_told_is_added_up() -> None:
    (first, *others) = outcomes.totals(runs(FINE, FINE))

    assert (first.times, first.sum("accepted"), first.wrong()) == (2, 6, [])
    assert all(not total.runs for total in others)
    assert "| F1 | " in outcomes.table([first])
    assert "| 2 | 6 | 4 | 2 | 0 | 0 | 4.00, 4.00 (≤ 30) |" in outcomes.table([first])
    assert outcomes.table([first]).endswith("Every target was held.\n")


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (FINE._replace(lost=1), "- **F1**: lost 1."),
        (FINE._replace(twice=2), "- **F1**: twice 2."),
        (FINE._replace(measured={"seconds": 31.0}), "seconds: 31.00 at worst, 30 is the target."),
    ],
)
def test_what_was_not_held_is_said(told: Outcome, what: str) -> None:
    (first, *_others) = outcomes.totals(runs(FINE, told))

    assert what in outcomes.table([first])


def test_a_run_that_fails_or_is_missing_is_said() -> None:
    first, second, *_others = outcomes.totals(runs(FINE, is_passed=False))

    told = outcomes.table([first, second])
    assert "- **F1**: failed: test_it." in told
    assert "- **F2** was not run." in told
