"""A plugin of pytest, for `python -m tests.faults`: each fault several times, as time allows."""

import os
import time

import pytest

from tests.faults.registry import LONGEST, ONLY, RUNS, UNTIL


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each run of a test be a test of its own."""
    runs = int(os.environ.get(RUNS, "1"))
    if runs > 1:
        metafunc.fixturenames.append("number_of_run")
        metafunc.parametrize("number_of_run", range(1, runs + 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and let each report say which fault it is a run of."""
    for item in items:
        mark = item.get_closest_marker("fault")
        assert mark is not None, f"{item.nodeid} does not say which fault it is"
        item.user_properties.append(("fault", mark.args[0]))
    only = {("fault", code) for code in os.environ.get(ONLY, "").split()}
    if only:
        items[:] = [item for item in items if only & {*item.user_properties}]
    items.sort(key=lambda item: (_place(item), _run(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run nothing once more when the time is over."""
    if _run(item) > 1 and time.time() > float(os.environ.get(UNTIL, "inf")):
        pytest.skip("the time is over")


def _place(item: pytest.Item) -> int:
    return LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST)


def _run(item: pytest.Item) -> int:
    callspec = getattr(item, "callspec", None)
    return int(callspec.params.get("number_of_run", 1)) if callspec else 1
