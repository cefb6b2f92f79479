"""A bucket that is away, slow or not ours: what is said, and what is left."""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app_srvc import db, storage
from app_srvc.errors import StorageDown, StorageRefused
from app_srvc.storage import s3_client
from app_srvc.storage.s3 import S3Storage
from tests.conftest import Servers
from tests.support.pages import look
from tests.support.people import operator, program
from tests.support.product import free_port
from tests.support.recordings import recording
from tests.support.rows import scalar
from tests.support.swift import Swift
from tests.support.web import form
from tests.support.workers import ROOT

KEY = "0123456789abcdef0123456789abcdef"
MB = 1024 * 1024

# What is wrong, and what is said of it.
WRONG = {
    "secret": ({"s3_secret_key": "guessed"}, "S3_ACCESS_KEY, S3_SECRET_KEY: "),
    "key": ({"s3_access_key": "test:nobody"}, "S3_ACCESS_KEY, S3_SECRET_KEY: "),
    "bucket": ({"storage_url": "s3://no-such-bucket"}, "STORAGE_URL: there is no such bucket"),
}


@pytest.fixture
def bucket(swift: Swift) -> Iterator[S3Storage]:
    """Return a storage with nothing in it, whose server is there again after the test."""
    swift.empty()
    yield S3Storage(swift.wanted())
    swift.revive()


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_the_settings_is_named(what: str, swift: Swift) -> None:
    wrong, told = WRONG[what]
    refusing = S3Storage(swift.wanted(**wrong))

    with pytest.raises(StorageRefused) as raised:
        refusing.check()
    assert told in raised.value.wrong
    with pytest.raises(StorageRefused):
        refusing.save(KEY, [b"x"])
    with pytest.raises(StorageRefused):
        refusing.open_file(KEY)


@pytest.mark.parametrize("script", [["-m", "gunicorn"], ["sttworker.py"], ["recordworker.py"]])
def test_nothing_starts_with_a_key_that_is_refused(
    script: list[str], swift: Swift, backing: Servers
) -> None:
    wrong = swift.settings | {"S3_SECRET_KEY": "guessed-by-somebody", "PORT": str(free_port())}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", *script],
        cwd=ROOT, env=os.environ | wrong | {"LOG_LEVEL": "DEBUG"}, capture_output=True, text=True,
    )  # fmt: skip

    assert ended.returncode == 1
    assert (
        "Wrong setting. S3_ACCESS_KEY, S3_SECRET_KEY: the server does not know them" in ended.stderr
    )
    assert "Traceback" not in ended.stderr
    assert "guessed-by-somebody" not in ended.stdout + ended.stderr
    assert "Signature=" not in ended.stderr, "the library tells it at this level"


def test_a_server_that_is_away_at_the_start_is_waited_for(
    setting: Callable[..., None], swift: Swift, caplog: pytest.LogCaptureFixture
) -> None:
    setting(**swift.settings | {"S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"})

    storage.check_settings()
    assert "The storage of files does not answer." in caplog.text


def test_readiness_says_what_is_wrong_and_no_key(
    app: Flask, setting: Callable[..., None], swift: Swift
) -> None:
    curl = program(app)
    setting(**swift.settings)
    assert curl.get("/readyz").status_code == 200

    for wrong, told in WRONG.values():
        setting(**swift.settings | {name.upper(): value for name, value in wrong.items()})
        answer = curl.get("/readyz")
        assert (answer.status_code, answer.json and answer.json["storage"]) == (503, "down")
        assert told in answer.text
        assert swift.secret not in answer.text
        assert "guessed" not in answer.text
    setting(**swift.settings | {"S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"})
    assert "The storage of files does not answer." in curl.get("/readyz").text


def test_operators_see_whether_the_bucket_answers_and_no_room_that_nobody_knows(
    app: Flask, setting: Callable[..., None], swift: Swift
) -> None:
    somebody = operator(app)
    setting(**swift.settings)
    assert "It answers. How much it takes, its own limits say." in look(somebody, "/ops/").text
    assert "cherha_storage_free_bytes" not in somebody.get("/metrics").text

    setting(**swift.settings | {"S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"})
    assert "The storage cannot be reached" in look(somebody, "/ops/").text


def test_an_upload_during_which_the_server_dies_is_not_there_and_leaves_nothing(
    bucket: S3Storage, swift: Swift
) -> None:
    def chunks() -> Iterator[bytes]:
        for number in range(40):
            if number == 20:
                swift.kill()
            yield bytes(MB)

    with pytest.raises(StorageDown):
        bucket.save(KEY, chunks())
    swift.revive()
    assert swift.stored() == [f"files/{KEY} (begun)"]
    with pytest.raises(FileNotFoundError):
        bucket.open_file(KEY)

    bucket.delete(KEY)
    assert swift.stored() == []


def test_a_server_that_is_back_in_time_is_no_fault(bucket: S3Storage, swift: Swift) -> None:
    swift.freeze()
    thaw = threading.Timer(1.0, swift.thaw)
    thaw.start()
    bucket.save(KEY, [bytes(MB)] * 9)
    thaw.join()

    with bucket.open_file(KEY) as file:
        assert file.read() == bytes(9 * MB)


def test_a_server_that_never_answers_is_given_up(
    bucket: S3Storage, swift: Swift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_client, "TRIES", 2)
    bucket.save(KEY, [b"x"])
    swift.freeze()

    impatient = S3Storage(swift.wanted(s3_timeout_seconds=1))
    with pytest.raises(StorageDown):
        impatient.open_file(KEY)
    with pytest.raises(StorageDown):
        impatient.append(KEY, 0, io.BytesIO(b"x"), {})
    with pytest.raises(StorageDown):
        impatient.check()
    swift.thaw()
    with bucket.open_file(KEY) as file:
        assert file.read() == b"x"


def test_a_form_that_the_server_does_not_take_is_refused_and_leaves_no_row(
    app: Flask, setting: Callable[..., None], swift: Swift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_client, "TRIES", 1)
    setting(**swift.settings)
    swift.empty()
    swift.kill()
    body, content_type = form([("days.flac", recording("days.flac"))])
    answer = program(app).post("/stt/task", data=body, content_type=content_type)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json is not None
    assert "The storage of files does not answer." in answer.json["detail"]
    assert scalar("SELECT count(*) FROM jobs") == 0
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = now() - interval '1 second'")
    assert storage.sweep() == 0, "what is perhaps there is swept when it can be"
    swift.revive()
    assert storage.sweep() == 1
    assert scalar("SELECT count(*) FROM files") == 0
    assert swift.stored() == []
