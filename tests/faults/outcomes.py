"""What came out of runs of faults: told by tests, added up, and written as a document."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tests.faults.registry import FAULTS, NOTICED


class Outcome(NamedTuple):
    """What became of what was accepted in a run; `twice` counts effects that happened again.

    `measured` has the worst of the run for each name in the registry's `most`.
    """

    accepted: int
    finished: int
    failed: int
    lost: int
    twice: int
    measured: dict[str, float]


class Tell(Protocol):
    """Tells what came out of a run; without anything said, one job was accepted and finished.

    `seconds` is when it was noticed, `more` what else the registry has a limit for.
    """

    def __call__(
        self,
        *,
        accepted: int = 1,
        finished: int = 1,
        failed: int = 0,
        lost: int = 0,
        twice: int = 0,
        seconds: float | None = None,
        more: Mapping[str, float] | None = None,
    ) -> None: ...


class Run(NamedTuple):
    """A test that was run once: which fault, whether it passed, what it told."""

    fault: str
    test: str
    is_passed: bool
    outcomes: list[Outcome]


class Total(NamedTuple):
    """All runs of one fault."""

    code: str
    runs: list[Run]

    def sum(self, name: str) -> int:
        """Add up what was counted."""
        return sum(getattr(told, name) for run in self.runs for told in run.outcomes)

    def measured(self, name: str) -> list[float]:
        """Return all that was measured under a name."""
        return [
            told.measured[name]
            for run in self.runs
            for told in run.outcomes
            if name in told.measured
        ]

    @property
    def times(self) -> int:
        """How often each of its tests was run."""
        tests = [run.test for run in self.runs]
        return min((tests.count(test) for test in set(tests)), default=0)

    def wrong(self) -> list[str]:
        """Say what was not held, with its figure."""
        told = [
            f"{name}: {max(found):.2f} at worst, {most:g} is the target"
            for name, most in FAULTS[self.code].most.items()
            if (found := self.measured(name)) and max(found) > most
        ]
        told += [f"{name} {self.sum(name)}" for name in ("lost", "twice") if self.sum(name)]
        failed = sorted({run.test for run in self.runs if not run.is_passed})
        return told + [f"failed: {test}" for test in failed]


def pack(outcome: Outcome) -> dict[str, Any]:
    """Make it something that goes from one process to another."""
    return outcome._asdict()


def unpack(told: dict[str, Any]) -> Outcome:
    """Return what was packed."""
    return Outcome(**told)


def totals(runs: Iterable[Run]) -> list[Total]:
    """Sort runs by their fault, in the registry's order; one that had no run is there, too."""
    known = list(runs)
    return [Total(code, [run for run in known if run.fault == code]) for code in FAULTS]


def table(found: Sequence[Total]) -> str:
    """Write a table, and below it what was not held."""
    lines = [
        "| | fault | runs | accepted | finished | failed | lost | effects twice | seconds until"
        " noticed: median, worst | measured besides | held |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(total) for total in found]
    lines += ["", *_verdict(found)]
    return "\n".join(lines) + "\n"


def _line(total: Total) -> str:
    fault = FAULTS[total.code]
    seconds = total.measured(NOTICED)
    noticed = f"{statistics.median(seconds):.2f}, {max(seconds):.2f}" if seconds else ""
    if noticed and NOTICED in fault.most:
        noticed += f" (≤ {fault.most[NOTICED]:g})"
    others = [
        f"{name} {max(found):.2f} (≤ {most:g})"
        for name, most in fault.most.items()
        if name != NOTICED and (found := total.measured(name))
    ]
    counts = [str(total.sum(name)) for name in ("accepted", "finished", "failed", "lost", "twice")]
    tests = len({run.test for run in total.runs})
    ran = f"{total.times}" if tests == 1 else f"{total.times} of {tests} tests"
    held = "not run" if not total.runs else "no" if total.wrong() else "yes"
    cells = [total.code, fault.what, ran, *counts, noticed, "; ".join(others), held]
    return "| " + " | ".join(cells) + " |"


def _verdict(found: Sequence[Total]) -> list[str]:
    wrong = [f"- **{total.code}**: {what}." for total in found for what in total.wrong()]
    missing = [f"- **{total.code}** was not run." for total in found if not total.runs]
    if not wrong and not missing:
        return ["Every target was held."]
    return ["What was not held:", "", *wrong, *missing]
