"""Running all benchmarks: every one is known, and what it finds is written where it belongs."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as all_of_them
from benchmarks import figures
from benchmarks.__main__ import ALL, Result
from tests.support.workers import ROOT

QUICK = figures.at_most("an answer", "2 ms", 1.5, baseline="4 ms", ratio=0.5)
SLOW = figures.at_least("answers", "10 a second", 20, value=10)


def test_every_benchmark_is_run() -> None:
    with_an_end = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if "figures.end(" in path.read_text()
    }

    assert with_an_end - {"figures"} == {one.name for one in ALL}


def test_a_table_says_what_is_not_held() -> None:
    told = all_of_them.table(
        [Result("web", [QUICK]), Result("calls", [SLOW]), Result("records", [], "left out: no")]
    )

    assert "| `web` | an answer | 2 ms | 4 ms | 0.50 | ≤ 1.5 | yes |" in told
    assert "| `calls` | answers | 10 a second |  |  | ≥ 20 | **no** |" in told
    assert "- Not held: answers, 10 a second, where the bar is ≥ 20." in told
    assert "- `records`: left out: no." in told
    assert all_of_them.table([Result("web", [QUICK])]).endswith("Every bar is held.\n")


def test_it_is_written_between_its_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "performance.md"
    monkeypatch.setattr(all_of_them, "DOCUMENT", document)
    document.write_text(f"before\n{all_of_them.BEGIN}\nold\n{all_of_them.END}\nafter\n")

    for _ in range(2):
        all_of_them.write("new \\1 figures\n")
    text = document.read_text()
    assert (text.count("new \\1 figures"), "old" in text) == (1, False)
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    marked = (ROOT / "docs" / "performance.md").read_text()
    assert (marked.count(all_of_them.BEGIN), marked.count(all_of_them.END)) == (1, 1)


def test_figures_reach_whoever_runs_it_and_decide_how_it_ends(tmp_path: Path) -> None:
    script = (
        "from benchmarks import figures;"
        "found = [figures.at_most(n, str(v), 2, value=v) for n, v in (('x', 1), ('y', 3))];"
        "figures.end(found)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True,
        env={figures.FILE: str(tmp_path / "found")},
    )  # fmt: skip

    assert ended.returncode == 1
    assert [one.is_held for one in figures.read(tmp_path / "found")] == [True, False]
    assert "y: 3 (≤ 2)  NOT HELD" in ended.stdout
    assert figures.read(tmp_path / "nothing") == []
