"""The lower level goes first."""

from collections.abc import Callable
from pathlib import Path

from tests.support.calling import Calling
from tests.support.workers import wait_for


def times(folder: Path, name: str) -> list[float]:
    """Return when the calls that write there began."""
    return [float(line) for line in (folder / name).read_text().split()]


def test_with_a_queue_full_of_the_highest_level_the_lowest_is_answered_next(
    start: Callable[..., Calling], tmp_path: Path
) -> None:
    calling = start(CALL_TAKE_SECONDS="60", CALL_WAIT_SECONDS="60")
    calling.start_workers("--processes", "1", "--threads", "1")
    for call in ("nap", "long_nap"):
        late = [
            calling.begin(call, seconds=0.3, level=9, log=str(tmp_path / f"{call}-9"))
            for _ in range(10)
        ]
        wait_for((tmp_path / f"{call}-9").exists)
        wait_for(lambda: calling.waiting(9) >= 8)
        asked_at = max(times(tmp_path, f"{call}-9"))
        early = calling.begin(call, seconds=0, level=0, log=str(tmp_path / f"{call}-0"))

        assert early.result().status == 200
        assert {told.result().status for told in late} == {200}
        (first,) = times(tmp_path, f"{call}-0")
        between = [at for at in times(tmp_path, f"{call}-9") if asked_at < at < first]
        assert len(between) <= 1  # The one that had begun when it came.


def test_a_worker_may_serve_some_levels_only(start: Callable[..., Calling]) -> None:
    calling = start()
    calling.start_workers("--levels", "0-4", "--processes", "1", "--threads", "1")

    assert calling.call("who", level=4).status == 200
    assert calling.get("/call/who").status == 503  # The level 5, which is that of no wish.
    assert calling.call("who", level=9).status == 503
    calling.start_workers("--levels", "9", "--processes", "1", "--threads", "1")
    wait_for(lambda: calling.call("who", level=9).status == 200)


def test_the_level_may_stand_in_a_header(start: Callable[..., Calling]) -> None:
    calling = start()
    calling.start_workers("--levels", "0-0", "--processes", "1", "--threads", "1")

    assert calling.post("/call/who", b"{}", **{"X-Level": "0"}).status == 200
    assert calling.post("/call/who?level=0", b"{}", **{"X-Level": "9"}).status == 200
