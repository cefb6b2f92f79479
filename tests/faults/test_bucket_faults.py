"""Files in a bucket while its server and the web die: nothing half-stored, and nothing lost."""

import io
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from app_srvc import db
from app_srvc.jobs.repository import reading
from app_srvc.jobs.states import State
from tests.conftest import Servers
from tests.support.recordings import TEXTS, recording
from tests.support.rows import scalar
from tests.support.swift import PREFIX, Swift
from tests.support.uploads import content
from tests.support.web import Web, get, post_files
from tests.support.workers import Workers, wait_for, wait_for_end

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.fault("bucket")]

Figure = Callable[[str], None]
MB = 1024 * 1024
DATA = os.urandom(21 * MB + 54_321)


@pytest.fixture
def bucket(database: None, swift: Swift, setting: Callable[..., None]) -> Iterator[Swift]:
    """Keep files in a bucket, which is empty."""
    swift.empty()
    setting(**swift.settings)
    yield swift
    swift.revive()


@pytest.fixture(scope="module")
def two_webs(backing: Servers, swift: Swift) -> Iterator[list[Web]]:
    """Start two web processes, as on two machines, for all of these tests."""
    webs = [Web(**swift.settings), Web(**swift.settings)]
    yield webs
    for web in webs:
        if web.process.poll() is None:
            web.stop()


@pytest.fixture
def webs(two_webs: list[Web], bucket: Swift) -> list[Web]:
    """Return them, with nothing in their bucket, and both alive."""
    for web in two_webs:
        if web.process.poll() is not None:
            web.start()
    return two_webs


def uploader(web: Web, url: str | None = None, chunk_size: int = 8 * MB) -> Any:
    """Return the official client of tus, at a web process."""
    client = TusClient(f"{web.url}/uploads/")
    at = url and f"{web.url}/uploads/{url.rpartition('/')[2]}"
    return client.uploader(
        file_stream=io.BytesIO(DATA), chunk_size=chunk_size, url=at, metadata={"filename": "a"}
    )


def received(url: str) -> int:
    """Return how much of an upload is safe."""
    return int(scalar("SELECT received FROM uploads WHERE id = %s", url.rpartition("/")[2]))


def key_of(url: str) -> str:
    """Return under which key an upload is stored."""
    return str(scalar("SELECT key FROM uploads WHERE id = %s", url.rpartition("/")[2]))


def test_a_bucket_that_dies_changes_no_byte_of_an_upload_and_loses_no_job(
    webs: list[Web], bucket: Swift, workers: Workers, figure: Figure
) -> None:
    sent = post_files(f"{webs[0].url}/stt/task", [("days.flac", recording("days.flac"))])
    job_id = json.loads(sent.body)["job_id"]
    sending = uploader(webs[0], chunk_size=8 * MB)
    sending.upload_chunk()
    bucket.kill()
    workers.start()
    with pytest.raises(TusCommunicationError):
        sending.upload_chunk()
    assert received(sending.url) == 8 * MB
    wait_for(lambda: "given back" in _outcomes(job_id))
    bucket.revive()
    assert f"{PREFIX}/{key_of(sending.url)} (begun)" in bucket.stored()

    again = uploader(webs[1], sending.url)
    again.upload()
    assert content(again.url) == DATA
    assert wait_for_end(job_id).state == State.FINISHED
    told = json.loads(get(f"{webs[1].url}/stt/task/{job_id}").body)
    assert told["text"] == TEXTS["days.flac"]
    assert "failed" not in _outcomes(job_id)
    # What came in pieces, the recording, and nothing of the work.
    wait_for(lambda: len(bucket.stored()) == 2)
    figure("S3 server killed in mid-upload: bytes changed 0, left over 0, jobs lost 0")


def test_another_web_process_goes_on_with_an_upload(webs: list[Web], bucket: Swift) -> None:
    first = uploader(webs[0], chunk_size=3_333_333)
    first.upload(stop_at=10_000_000)
    webs[0].kill()

    second = uploader(webs[1], first.url, chunk_size=7_000_001)
    assert second.offset == 10_000_000
    second.upload()
    assert content(second.url) == DATA
    assert len(bucket.stored()) == 1


def _outcomes(job_id: str) -> list[str | None]:
    with db.transaction() as conn:
        return [attempt.outcome for attempt in reading.attempts(conn, job_id)]
