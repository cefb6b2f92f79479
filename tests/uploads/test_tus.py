"""Uploads in pieces: the official client works unchanged, and what has come is kept."""

import base64
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tusclient.client import TusClient
from werkzeug.test import TestResponse

from app_srvc import db, storage
from app_srvc.storage import repository as files
from app_srvc.uploads import bodies, pending, repository
from tests.conftest import Servers
from tests.support.pages import HTML, token
from tests.support.people import guest, program
from tests.support.recordings import recording
from tests.support.rows import scalar
from tests.support.uploads import content
from tests.support.web import Web, form

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
# Longer than what is read in one go.
DATA = os.urandom(3 * bodies.CHUNK + 12345)


@pytest.fixture
def curl(app: Flask) -> FlaskClient:
    """Return a program without cookies."""
    return program(app)


@pytest.fixture
def stored(backing: Servers) -> Callable[[], list[Path]]:
    """Give a question: which files are in the storage?"""
    return lambda: [path for path in (backing.home / "files").rglob("*") if path.is_file()]


def begin(client: FlaskClient, length: int, name: str = "talk.flac", **headers: str) -> str:
    """Create an upload and return its address."""
    metadata = "filename " + base64.b64encode(name.encode()).decode()
    sent = TUS | {"Upload-Length": str(length), "Upload-Metadata": metadata} | headers
    response = client.post("/uploads/", headers=sent)
    assert response.status_code == 201, response.text
    return response.headers["Location"]


def patch(client: FlaskClient, address: str, data: bytes, offset: int, **more: Any) -> TestResponse:
    """Send a piece."""
    headers = PIECE | {"Upload-Offset": str(offset)} | more.pop("headers", {})
    return client.patch(address, data=data, headers=headers, **more)


def stream(client: FlaskClient, address: str, body: object, length: int | None) -> TestResponse:
    """Send a piece that is read from `body`, with the length that it tells, from the beginning."""
    environ = {
        "wsgi.input": body,
        "CONTENT_LENGTH": "" if length is None else str(length),
        "wsgi.input_terminated": length is None,
    }
    headers = PIECE | {"Upload-Offset": "0"}
    return client.patch(address, headers=headers, environ_overrides=environ)


def offset(client: FlaskClient, address: str) -> int:
    """Ask how much has come."""
    response = client.head(address, headers=TUS)
    assert response.status_code == 200
    return int(response.headers["Upload-Offset"])


def submit(
    client: FlaskClient, *addresses: str, path: str = "/stt/", **fields: str
) -> TestResponse:
    """Let uploads be transcribed, as a program."""
    ids = [address.rpartition("/")[2] for address in addresses]
    kind, headers = "multipart/form-data", {"Accept": "application/json"}
    return client.post(path, data={"upload": ids} | fields, content_type=kind, headers=headers)


def whole(client: FlaskClient, data: bytes, name: str = "talk.flac") -> str:
    """Upload all of a file and return its address."""
    address = begin(client, len(data), name)
    assert patch(client, address, data, 0).status_code == 204
    return address


def age(interval: str) -> None:
    """Let time pass for all files."""
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE files SET expires_at = expires_at - %s::interval", (interval,))


def count(table: str) -> int:
    """Count the rows of a table."""
    return int(scalar(f"SELECT count(*) FROM {table}"))


class Breaking:
    """A body of which the connection breaks when some of it has come."""

    def __init__(self, data: bytes, error: Exception | None = None) -> None:
        self.rest = io.BytesIO(data)
        self.error = error

    def read(self, size: int = -1) -> bytes:
        """Return what there is; then the end, or the error."""
        data = self.rest.read(size)
        if not data and self.error:
            raise self.error
        return data


@pytest.mark.parametrize("chunk_size", [2**63 - 1, 1_000_000, 65_537])
def test_the_official_client_uploads_a_file(web: Web, chunk_size: int) -> None:
    client = TusClient(f"{web.url}/uploads/")
    uploader = client.uploader(
        file_stream=io.BytesIO(DATA), chunk_size=chunk_size, metadata={"filename": "a talk.bin"}
    )
    uploader.upload()

    assert uploader.offset == len(DATA)
    assert content(uploader.url or "") == DATA


def test_the_official_client_goes_on_where_it_stopped(web: Web) -> None:
    client = TusClient(f"{web.url}/uploads/")
    first = client.uploader(file_stream=io.BytesIO(DATA), chunk_size=1_000_000)
    first.upload(stop_at=2_000_000)

    second = client.uploader(file_stream=io.BytesIO(DATA), chunk_size=700_000, url=first.url)
    assert second.offset == 2_000_000
    second.upload()
    assert content(second.url or "") == DATA


def test_what_can_be_done_is_told(client: FlaskClient, setting: Callable[..., None]) -> None:
    setting(max_upload_bytes=123_000)
    response = client.options("/uploads/")

    assert response.status_code == 204
    assert response.headers["Tus-Version"] == "1.0.0"
    assert response.headers["Tus-Max-Size"] == "123000"
    assert set(response.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "expiration", "termination"
    }  # fmt: skip


def test_another_version_is_refused(curl: FlaskClient) -> None:
    for headers in ({}, {"Tus-Resumable": "0.2.2"}):
        response = curl.post("/uploads/", headers={"Upload-Length": "10"} | headers)
        assert response.status_code == 412
        assert response.headers["Tus-Version"] == "1.0.0"
        assert response.headers["Tus-Resumable"] == "1.0.0"
    assert count("uploads") == 0


def test_an_upload_is_described(curl: FlaskClient) -> None:
    address = begin(curl, 100, "my talk.flac")
    patch(curl, address, b"x" * 40, 0)
    response = curl.head(address, headers=TUS)

    assert response.headers["Upload-Offset"] == "40"
    assert response.headers["Upload-Length"] == "100"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Upload-Metadata"] == "filename bXkgdGFsay5mbGFj"
    assert response.headers["Upload-Expires"].endswith("GMT")


def test_the_first_piece_may_come_at_once(curl: FlaskClient) -> None:
    response = curl.post("/uploads/", data=DATA, headers=PIECE | {"Upload-Length": str(len(DATA))})

    assert response.status_code == 201
    assert response.headers["Upload-Offset"] == str(len(DATA))
    assert content(response.headers["Location"]) == DATA


def test_a_client_that_can_only_post_is_understood(curl: FlaskClient) -> None:
    address = begin(curl, 3)
    headers = PIECE | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert curl.post(address, data=b"abc", headers=headers).status_code == 204
    assert content(address) == b"abc"

    gone = curl.post(address, headers=TUS | {"X-HTTP-Method-Override": "DELETE"})
    assert gone.status_code == 204
    assert count("uploads") == 0
    assert curl.post(address, headers=TUS).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "ten"}, 400),
        ({"Upload-Length": "9" * 30}, 400),
        ({"Upload-Length": "\u00b2"}, 400),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "filename !!!"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "filename /w=="}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "filename é"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "x " + "A" * 9000}, 400),
        ({"Upload-Length": "4000000001"}, 413),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    headers: dict[str, str], status: int, curl: FlaskClient
) -> None:
    response = curl.post("/uploads/", headers=TUS | headers)

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert (count("uploads"), count("files")) == (0, 0)


def test_a_piece_goes_where_the_last_one_ended_and_nowhere_else(curl: FlaskClient) -> None:
    address = begin(curl, 10)
    assert patch(curl, address, b"01234", 0).status_code == 204

    for wrong in (0, 4, 6, 10):
        response = patch(curl, address, b"xxxxx", wrong)
        assert response.status_code == 409
        assert offset(curl, address) == 5
    assert patch(curl, address, b"56789", 5).headers["Upload-Offset"] == "10"
    assert content(address) == b"0123456789"


def test_a_piece_is_a_piece_of_a_file(curl: FlaskClient) -> None:
    address = begin(curl, 10)

    response = patch(curl, address, b"01234", 0, headers={"Content-Type": "text/plain"})
    assert response.status_code == 415
    assert offset(curl, address) == 0


def test_more_than_was_announced_is_refused(curl: FlaskClient) -> None:
    address = begin(curl, 10)

    assert patch(curl, address, b"x" * 11, 0).status_code == 413
    assert stream(curl, address, Breaking(b"x" * 5_000_000), None).status_code == 413
    assert offset(curl, address) == 0


@pytest.mark.parametrize("error", [None, ConnectionResetError(), TimeoutError()])
def test_of_a_piece_that_stops_half_way_is_kept_what_has_come(
    error: Exception | None, curl: FlaskClient
) -> None:
    address = begin(curl, len(DATA))
    half = len(DATA) // 2
    response = stream(curl, address, Breaking(DATA[:half], error), len(DATA))

    assert response.status_code == 400
    assert offset(curl, address) == half
    assert patch(curl, address, DATA[half:], half).status_code == 204
    assert content(address) == DATA


def test_what_a_crash_has_left_behind_the_recorded_end_is_overwritten(
    curl: FlaskClient, stored: Callable[[], list[Path]]
) -> None:
    address = begin(curl, 10)
    patch(curl, address, b"01234", 0)
    (half,) = stored()
    with half.open("ab") as file:
        file.write(b"written, and never recorded")

    patch(curl, address, b"56789", 5)
    assert content(address) == b"0123456789"


def test_an_upload_whose_bytes_are_lost_is_gone(
    curl: FlaskClient, stored: Callable[[], list[Path]]
) -> None:
    address = begin(curl, 10)
    patch(curl, address, b"01234", 0)
    stored()[0].write_bytes(b"01")

    assert patch(curl, address, b"56789", 5).status_code == 404


def test_of_two_pieces_at_once_one_wins(app: Flask, curl: FlaskClient) -> None:
    address = begin(curl, len(DATA))
    both_have_come = threading.Barrier(2)

    class Late(Breaking):
        """A body that comes when another one does, too."""

        def read(self, size: int = -1) -> bytes:
            if self.rest.tell() == 0:
                both_have_come.wait(60)
            return super().read(size)

    def send(data: bytes, answers: list[int]) -> None:
        answers.append(stream(program(app), address, Late(data), len(data)).status_code)

    answers: list[int] = []
    other = bytes(len(DATA))
    threads = [threading.Thread(target=send, args=(data, answers)) for data in (DATA, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 409]
    assert content(address) in {DATA, other}


def test_a_cancelled_upload_leaves_neither_file_nor_row(
    curl: FlaskClient, stored: Callable[[], list[Path]]
) -> None:
    address = begin(curl, 10)
    patch(curl, address, b"01234", 0)

    assert curl.delete(address, headers=TUS).status_code == 204
    assert stored() == []
    assert (count("uploads"), count("files")) == (0, 0)
    assert curl.head(address, headers=TUS).status_code == 404
    assert patch(curl, address, b"56789", 5).status_code == 404


def test_an_upload_cancelled_while_a_piece_arrives_leaves_nothing(
    app: Flask, curl: FlaskClient, stored: Callable[[], list[Path]]
) -> None:
    address = begin(curl, len(DATA))

    class Cancelling(Breaking):
        """A body whose sender changes its mind in another request."""

        def read(self, size: int = -1) -> bytes:
            if self.rest.tell() > 2 * bodies.CHUNK and count("uploads"):
                assert program(app).delete(address, headers=TUS).status_code == 204
            return super().read(size)

    assert stream(curl, address, Cancelling(DATA), len(DATA)).status_code == 404
    assert stored() == []
    assert count("files") == 0


def test_an_unfinished_upload_is_kept_for_a_day_after_its_last_byte(
    curl: FlaskClient, stored: Callable[[], list[Path]]
) -> None:
    address = begin(curl, 10)
    patch(curl, address, b"01234", 0)
    age("23 hours 59 minutes")
    storage.sweep()
    assert patch(curl, address, b"5", 5).status_code == 204
    age("23 hours 59 minutes")
    storage.sweep()
    assert offset(curl, address) == 6

    age("1 minute")
    assert curl.head(address, headers=TUS).status_code == 404
    assert patch(curl, address, b"6", 6).status_code == 404
    assert storage.sweep() == 1
    assert stored() == []
    assert count("uploads") == 0


def test_an_upload_of_which_nothing_comes_is_kept_for_an_hour(curl: FlaskClient) -> None:
    begin(curl, 10)

    age("1 hour")
    assert storage.sweep() == 1
    assert count("uploads") == 0


def test_an_upload_that_ends_while_somebody_waits_for_it_has_ended(
    curl: FlaskClient, conn: db.Connection
) -> None:
    upload_id = begin(curl, 10).rpartition("/")[2]
    found = repository.find(conn, upload_id)
    assert found is not None

    with db.transaction() as other:
        files.expire_unclaimed(other, [found.key])
    assert repository.find(conn, upload_id) is None


def test_another_visitors_upload_is_not_there(app: Flask, client: FlaskClient) -> None:
    csrf = {"X-CSRFToken": token(client)}
    address = begin(client, 10, **csrf)
    other = guest(app)
    csrf_of_other = {"X-CSRFToken": token(other)}

    for who, headers in ((other, csrf_of_other), (program(app), {})):
        assert who.head(address, headers=TUS).status_code == 404
        assert patch(who, address, b"x", 0, headers=headers).status_code == 404
        assert who.delete(address, headers=TUS | headers).status_code == 404
        form_token = {"csrf_token": headers.get("X-CSRFToken", "")}
        assert submit(who, address, **form_token).status_code == 404
    assert offset(client, address) == 0


def test_nothing_is_changed_for_another_site(client: FlaskClient) -> None:
    csrf = {"X-CSRFToken": token(client)}
    address = begin(client, 10, **csrf)

    assert client.post("/uploads/", headers=TUS | {"Upload-Length": "5"}).status_code == 400
    assert patch(client, address, b"x", 0).status_code == 400
    assert client.delete(address, headers=TUS).status_code == 400
    override = TUS | {"X-HTTP-Method-Override": "DELETE"}
    assert client.post(address, headers=override).status_code == 400
    assert (count("uploads"), offset(client, address)) == (1, 0)


def test_nobody_leaves_too_many_unfinished(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "MOST_PENDING", 2)
    csrf = {"X-CSRFToken": token(client)}
    first = begin(client, 10, **csrf)
    begin(client, 10, **csrf)

    refused = client.post("/uploads/", headers=TUS | csrf | {"Upload-Length": "1"})
    assert refused.status_code == 429
    begin(program(app), 10)
    assert client.delete(first, headers=TUS | csrf).status_code == 204
    begin(client, 10, **csrf)


def test_a_full_disk_is_said_so(curl: FlaskClient, setting: Callable[..., None]) -> None:
    address = begin(curl, len(DATA))
    patch(curl, address, DATA[:100], 0)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    setting(min_free_bytes=free + 10**12)

    refused = curl.post("/uploads/", headers=TUS | {"Upload-Length": "5"})
    assert refused.status_code == 507
    assert refused.headers["Retry-After"]
    assert patch(curl, address, DATA[100:], 100).status_code == 507
    setting(min_free_bytes=0)
    assert offset(curl, address) == 100
    assert patch(curl, address, DATA[100:], 100).status_code == 204
    assert content(address) == DATA


def test_an_id_that_is_none_is_not_found(curl: FlaskClient) -> None:
    for path in ("/uploads/none", "/uploads/00000000-0000-0000-0000-000000000000"):
        assert curl.head(path, headers=TUS).status_code == 404
    assert submit(curl, "/uploads/none").status_code == 404


@pytest.mark.parametrize("path", ["/stt/", "/stt/task"])
def test_an_upload_becomes_a_job(path: str, curl: FlaskClient) -> None:
    address = whole(curl, recording("days.flac"), "../my talk.flac")
    response = submit(curl, address, path=path)

    assert response.status_code == 202
    assert response.json is not None
    job_id = response.json.get("job_id") or response.json["jobs"][0]["job_id"]
    job = curl.get(f"/api/jobs/{job_id}")
    assert job.json is not None
    assert job.json["title"] == "my talk.flac"
    assert content(address) == recording("days.flac")
    age("1000 days")
    assert storage.sweep() == 0


def test_a_submission_may_be_sent_again_when_its_answer_was_lost(curl: FlaskClient) -> None:
    address = whole(curl, recording("days.flac"))
    first, second = submit(curl, address), submit(curl, address)

    assert first.json == second.json
    assert count("jobs") == 1
    assert curl.delete(address, headers=TUS).status_code == 409
    assert content(address) == recording("days.flac")


def test_of_two_submissions_at_once_one_becomes_the_job(app: Flask, curl: FlaskClient) -> None:
    address = whole(curl, recording("days.flac"))
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(submit(program(app), address).status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(answers) <= {202, 409}
    assert 202 in answers
    assert count("jobs") == 1


def test_files_that_came_before_and_files_that_come_now_are_one_submission(
    curl: FlaskClient,
) -> None:
    first, second = whole(curl, recording("days.flac"), "one"), whole(curl, b"no film", "two")
    body, content_type = form([("three", recording("money.flac"))])
    for address in (first, second):
        head = b'Content-Disposition: form-data; name="upload"\r\n\r\n'
        boundary = content_type.rpartition("=")[2].encode()
        body = b"--" + boundary + b"\r\n" + head + address[-36:].encode() + b"\r\n" + body
    response = curl.post(
        "/stt/", data=body, content_type=content_type, headers={"Accept": "application/json"}
    )

    assert response.json is not None
    assert {job["name"] for job in response.json["jobs"]} == {"one", "three"}
    assert [refused["name"] for refused in response.json["refused"]] == ["two"]
    assert curl.head(second, headers=TUS).status_code == 404, "it was no use to anybody"


def test_an_unfinished_upload_becomes_no_job(curl: FlaskClient) -> None:
    address = begin(curl, 10)
    patch(curl, address, b"01234", 0)

    assert submit(curl, address).status_code == 409
    assert offset(curl, address) == 5


def test_an_empty_file_is_refused_as_one(curl: FlaskClient) -> None:
    response = submit(curl, begin(curl, 0, "empty.mp3"))

    assert response.status_code == 422
    assert response.json is not None
    assert response.json["detail"] == "empty.mp3: The file is empty."


def test_a_submission_that_fails_for_another_reason_keeps_the_upload(curl: FlaskClient) -> None:
    address = whole(curl, recording("days.flac"))
    response = submit(curl, address, language="tlh")

    assert response.status_code == 422
    assert response.json is not None
    assert list(response.json["errors"]) == ["language"]
    assert submit(curl, address, language="en").status_code == 202


def test_as_many_uploads_as_files_can_be_named(
    curl: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(max_files=2)
    addresses = [whole(curl, recording("days.flac")) for _ in range(3)]

    assert submit(curl, *addresses).status_code == 413
    assert submit(curl, *addresses[:2]).status_code == 202


def test_a_job_of_an_upload_is_its_senders(client: FlaskClient, app: Flask) -> None:
    csrf = token(client)
    address = begin(client, 5, **{"X-CSRFToken": csrf})
    data = recording("days.flac")
    address = begin(client, len(data), **{"X-CSRFToken": csrf})
    patch(client, address, data, 0, headers={"X-CSRFToken": csrf})
    response = submit(client, address, csrf_token=csrf)

    assert response.json is not None
    page = response.json["jobs"][0]["page_url"]
    assert client.get(page, headers=HTML).status_code == 200
    assert guest(app).get(page, headers=HTML).status_code == 404


def test_bytes_are_the_same_after_pieces_of_any_size(curl: FlaskClient) -> None:
    address = begin(curl, len(DATA))
    at = 0
    for size in (1, 7, 65_536, 65_537, bodies.CHUNK, bodies.CHUNK + 1, len(DATA)):
        response = patch(curl, address, DATA[at : at + size], at)
        at = int(response.headers["Upload-Offset"])

    assert at == len(DATA)
    assert content(address) == DATA
