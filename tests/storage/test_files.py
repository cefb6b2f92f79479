"""Stored files and their rows: nothing is lost while it is needed, nothing stays afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app_srvc import db, storage
from app_srvc.jobs import submission
from app_srvc.jobs.dispatcher import Dispatcher
from app_srvc.jobs.gate import Gate
from app_srvc.jobs.repository import changes, outcomes
from app_srvc.storage import repository
from tests.conftest import Servers
from tests.support import tasks
from tests.support.submitting import submit

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def stored(backing: Servers) -> Path:
    """Return the folder of the storage."""
    return backing.home / "files"


def files(folder: Path) -> list[Path]:
    """Return all files in it."""
    return [path for path in folder.rglob("*") if path.is_file()]


def age(interval: str) -> None:
    """Let time pass for all files."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE files SET expires_at = expires_at - %(ago)s::interval,"
            " released_at = released_at - %(ago)s::interval",
            {"ago": interval},
        )


def test_a_file_that_nobody_claims_is_swept_away(stored: Path) -> None:
    storage.save([b"x"])
    assert storage.sweep() == 0

    age("10 minutes")
    assert storage.sweep() == 1
    assert files(stored) == []


def test_a_file_that_arrives_slowly_is_not_swept_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "RENEW_SECONDS", 0.0)
    swept = []

    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            age("9 minutes")
            yield b"x"
            swept.append(storage.sweep())

    file = storage.save(chunks())
    assert swept == [0, 0, 0]
    with storage.open_file(file.key) as stored:
        assert stored.read() == b"xxx"


def test_an_upload_that_breaks_off_leaves_no_file(stored: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        storage.save(chunks())
    assert files(stored) == []


def test_a_file_stays_while_its_job_needs_it() -> None:
    file = storage.save([b"x"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])

    age("1000 days")
    assert storage.sweep() == 0
    with db.transaction() as conn:
        changes.take(conn, job_id, "w")
    assert storage.sweep() == 0


def test_a_file_stays_for_the_retention_time_and_then_goes(stored: Path) -> None:
    file = storage.save([b"x"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])
    with db.transaction() as conn:
        changes.take(conn, job_id, "w")
        outcomes.finish(conn, job_id, 1)

    age("29 days 23 hours")
    assert storage.sweep() == 0
    age("1 hour")
    assert storage.sweep() == 1
    assert files(stored) == []


def test_a_file_of_two_jobs_stays_until_both_have_ended() -> None:
    file = storage.save([b"x"])
    one = submit(tasks.count, "/dev/null", keys=[file.key])
    other = submit(tasks.count, "/dev/null", keys=[file.key])

    submission.cancel(one)
    age("1000 days")
    assert storage.sweep() == 0
    submission.cancel(other)
    age("1000 days")
    assert storage.sweep() == 1


def test_what_a_job_made_for_itself_goes_when_it_ends() -> None:
    job_id = submit(tasks.count, "/dev/null")
    key = storage.new_key()
    with db.transaction() as conn:
        repository.reserve(conn, key)
        repository.claim(conn, job_id, [key], working=True)
    storage.current().save(key, [b"working"])
    assert storage.sweep() == 0

    submission.cancel(job_id)
    with pytest.raises(FileNotFoundError):
        storage.open_file(key)


def test_what_an_unswept_job_made_for_itself_stays_when_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in a bucket, which is swept some seconds later.
    monkeypatch.setattr(submission, "sweep_now", lambda: None)
    job_id = submit(tasks.count, "/dev/null")
    key = storage.new_key()
    with db.transaction() as conn:
        repository.reserve(conn, key)
        repository.claim(conn, job_id, [key], working=True)
    storage.current().save(key, [b"working"])
    submission.cancel(job_id)

    submission.retry(job_id)
    assert storage.sweep() == 0
    with storage.open_file(key) as file:
        assert file.read() == b"working"


def test_a_sweep_killed_after_the_file_and_before_the_row_is_repeated() -> None:
    file = storage.save([b"x"])
    storage.current().delete(file.key)
    age("10 minutes")

    assert storage.sweep() == 1
    assert storage.sweep() == 0


def test_discarding_spares_what_a_job_has_claimed() -> None:
    kept, dropped = storage.save([b"kept"]), storage.save([b"dropped"])
    submit(tasks.count, "/dev/null", keys=[kept.key])

    storage.discard([kept.key, dropped.key])
    with storage.open_file(kept.key) as file:
        assert file.read() == b"kept"
    with pytest.raises(FileNotFoundError):
        storage.open_file(dropped.key)


def test_a_file_whose_job_vanished_is_found_by_the_housekeeping() -> None:
    file = storage.save([b"x"])
    job_id = submit(tasks.count, "/dev/null", keys=[file.key])
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM jobs WHERE id = %s", (job_id,))

    dispatcher = Dispatcher(Gate())
    # In the first pass files are swept first, in the one after it what was found then.
    assert dispatcher.run_once()
    dispatcher.stop()
    assert storage.sweep() == 1


def test_a_file_that_cannot_be_deleted_holds_up_no_other(backing: Servers) -> None:
    stuck, other = storage.save([b"stuck"]), storage.save([b"other"])
    path = backing.home / "files" / stuck.key[:2] / stuck.key
    path.unlink()
    path.mkdir()

    storage.discard([stuck.key, other.key])
    with pytest.raises(FileNotFoundError):
        storage.open_file(other.key)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("SELECT expires_at > now() FROM files WHERE key = %s", (stuck.key,))
        assert cur.fetchone() == (True,), "it is tried again later"
    path.rmdir()


def test_the_first_of_several_files_is_kept_while_the_last_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage, "RENEW_SECONDS", -1.0)
    first = storage.save([b"first"])

    def slow() -> Iterator[bytes]:
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("UPDATE files SET expires_at = now() + interval '1 second'")
        yield b"a"
        yield b"b"
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("SELECT min(expires_at) > now() + interval '9 minutes' FROM files")
            assert cur.fetchone() == (True,)

    storage.save(slow(), along=[first.key])
