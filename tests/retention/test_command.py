"""The same at a terminal: `python -m app_srvc.retention`."""

import pytest

from app_srvc.retention.__main__ import main
from tests.support import keeping
from tests.support.rows import scalar

pytestmark = pytest.mark.usefixtures("database")


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """Return what was printed, by its first column."""
    printed = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    return {line[0]: [cell.strip() for cell in line[1:] if cell.strip()] for line in printed}


def test_it_prints_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    keeping.ended(31, size=10)
    keeping.cycle(1)
    main([])

    table = lines(capsys)
    assert table["kind"] == ["days", "source", "there", "next sweep", "within 7 days"]
    assert table["files"] == ["30", "default", "1", "1", "1"]
    assert table["jobs"] == ["365", "default", "1", "0", "0"]
    assert table["done records of letters"] == ["30", "processor", "0", "0", "0"]
    assert table["sessions"] == ["30", "fixed", "0", "0", "0"]


def test_a_dry_run_says_what_would_go_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keeping.ended(10, size=2_000_000)
    keeping.ended(20, size=2_000_000)
    day = scalar("SELECT to_char(now() - interval '20 days', 'YYYY-MM-DD')")
    main(["--dry-run", "--files-days", "15"])

    table = lines(capsys)
    assert table["files"][:4] == ["15", "1", "2.0", day]
    assert table["jobs"] == ["365", "0", "-", "-", "-", "0"]
    assert scalar("SELECT count(*) FROM kept_periods") == 0
    keeping.sweep()
    assert scalar("SELECT count(*) FROM files") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--files-days", "7"],
        ["--dry-run", "--files-days", "0"],
        ["--dry-run", "--jobs-days", "-1"],
        ["--dry-run", "--history-days", "x"],
        ["--dry-run", "--history-days", "100001"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().out == ""
