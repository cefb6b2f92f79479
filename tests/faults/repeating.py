"""A plugin of pytest, for `python -m tests.faults`: each fault several times, one after another."""

import os

import pytest

RUNS = "FAULT_RUNS"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each run of a test be a test of its own."""
    runs = int(os.environ.get(RUNS, "1"))
    if runs > 1:
        metafunc.fixturenames.append("number_of_run")
        metafunc.parametrize("number_of_run", range(1, runs + 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each report say which fault it is a run of."""
    for item in items:
        mark = item.get_closest_marker("fault")
        assert mark is not None, f"{item.nodeid} does not say which fault it is"
        item.user_properties.append(("fault", mark.args[0]))
