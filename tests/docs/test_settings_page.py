"""docs/settings.md agrees with the code: each setting, what it is without a value, its range."""

import re
from typing import Any, NamedTuple

import annotated_types
import pytest
from pydantic_core import PydanticUndefined

from app_srvc.managing import scripts
from app_srvc.settings import Settings
from app_srvc.settings.limits import UNITS, Rate
from tests.support.workers import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")
FIELDS = Settings.model_fields
# What the launcher and handlers read by themselves.
OTHERS = {"CHERHA_HOME", "SECRET_<NAME>", "CONNECTION_<NAME>", "HANDLERS"} | {
    script.number_setting for script in scripts.known()
}
NUMBER = re.compile(r"\((?P<least>[\d.]+) to (?P<most>\d+)[^)]*\)")


class Row(NamedTuple):
    """What the page says of a setting; `default` is None in a table without that column."""

    default: str | None
    text: str


def rows() -> dict[str, Row]:
    """Return what the page says of each setting."""
    found: dict[str, Row] = {}
    has_default = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" |")]
        if cells[0] in {"variable", "name"}:
            has_default = cells[1] == "default"
        for name in re.findall(r"`([A-Z][A-Z0-9_<>]+)`", cells[0]) if line.startswith("|") else []:
            assert name not in found, f"{name} is there twice"
            found[name] = Row(cells[1] if has_default else None, cells[-1])
    return found


ROWS = rows()


def test_the_page_has_each_setting_and_no_other() -> None:
    assert ROWS.keys() == {name.upper() for name in FIELDS} | OTHERS


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_the_page_says_what_is_without_a_value(name: str) -> None:
    default, row = FIELDS[name].default, ROWS[name.upper()]

    if default is PydanticUndefined:
        assert row.default is None
    elif default is None or default in ("", {}):
        assert row.default is not None
        assert not re.match(r"\d|true|false", row.default)
    else:
        told = "".join((row.default or "").strip("`").split(","))
        assert told == (str(default).lower() if isinstance(default, bool) else str(default))


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_the_page_says_between_what_a_number_may_be(name: str) -> None:
    bounds: dict[str, Any] = {}
    for told in FIELDS[name].metadata:
        if isinstance(told, annotated_types.Ge):
            bounds["least"] = told.ge
        elif isinstance(told, annotated_types.Le):
            bounds["most"] = told.le

    if len(bounds) == 2:
        found = NUMBER.search(ROWS[name.upper()].text)
        assert found is not None, f"{name} may be {bounds}"
        assert (float(found["least"]), float(found["most"])) == tuple(map(float, bounds.values()))
    else:
        assert not NUMBER.search(ROWS[name.upper()].text)


def test_the_page_says_which_rates_there_are_by_themselves() -> None:
    table = dict(re.findall(r"^\| `([a-z]+)` \| (\d+/\w+) \|", PAGE, re.MULTILINE))
    seconds = {number: unit for unit, number in UNITS.items()}

    assert table == {
        rate: f"{rate.default.number}/{seconds[rate.default.seconds]}" for rate in Rate
    }


def test_readme_and_how_tos_name_only_settings_that_there_are() -> None:
    text = "".join(
        path.read_text("utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    )
    named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9<>]+)+)(?:=[^`]*)?`", text))
    # Of others: curl, PostgreSQL, gunicorn, the system, and what documents take for an example.
    known = set(ROWS) | {
        "JOB_ID", "UPLOAD_ID", "SECRET_BILLING", "CONNECTION_BILLING", "APP_FILE",
        "OBJC_DISABLE_INITIALIZE_FORK_SAFETY",
    }  # fmt: skip

    assert named - known == set()
