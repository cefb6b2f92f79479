"""Lengths of time as people read them."""

import pytest

from app_srvc.speech import durations


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (7.4, "0:07"),
        (59.6, "1:00"),
        (3660, "61:00"),
        (7200, "2:00:00"),
        (36610, "10:10:10"),
    ],
)
def test_a_length_of_time_is_written_for_people(seconds: float, shown: str) -> None:
    assert durations.clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(3600, "1 hour"), (21600, "6 hours"), (5400, "90 minutes")]
)
def test_a_limit_is_written_for_people(seconds: float, shown: str) -> None:
    assert durations.limit(seconds) == shown
