"""Receiving files: what arrives whole is stored, what does not leaves nothing."""

import io
import shutil
import tempfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app_srvc import db, settings
from app_srvc.web import patience
from tests.conftest import Servers
from tests.support.pages import HTML, token, upload
from tests.support.recordings import recording

BOUNDARY = "limit"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def nothing_is_left(database: None, backing: Servers) -> Callable[[], bool]:
    """Give a question: is there neither a job nor a file?"""

    def ask() -> bool:
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute("SELECT count(*) FROM jobs")
            jobs = cur.fetchone()
        folder = backing.home / "files"
        files = [path for path in folder.rglob("*") if path.is_file()]
        return jobs == (0,) and not files

    return ask


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """Return one part of a form."""
    where = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{where}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def test_a_body_that_stops_half_way_leaves_nothing(
    client: FlaskClient, nothing_is_left: Callable[[], bool]
) -> None:
    whole = part("file", recording("days.flac"), "days.flac") + f"--{BOUNDARY}--\r\n".encode()

    for length in (20, 100, 5000, len(whole) - 60, len(whole) - 5):
        response = client.post("/stt/task", data=whole[:length], content_type=TYPE)
        assert response.status_code == 400, length
        assert response.json is not None
        assert "stopped half-way" in response.json["detail"]
        assert nothing_is_left()


def test_files_before_the_break_are_dropped_too(
    client: FlaskClient, nothing_is_left: Callable[[], bool]
) -> None:
    body = part("file", recording("days.flac"), "one.flac") + part("file", b"half", "two.flac")
    response = client.post(
        "/stt/", data=body[:-10], content_type=TYPE, headers={"Accept": "application/json"}
    )

    assert response.status_code == 400
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain", 415),
        ("application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 400),
        ("", 415),
    ],
)
def test_what_is_no_form_with_files_is_refused(
    content_type: str, status: int, client: FlaskClient, nothing_is_left: Callable[[], bool]
) -> None:
    response = client.post("/stt/task", data=b"file=x", content_type=content_type)

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert nothing_is_left()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b"--limit--\r\n",
        part("file", b"", "") + b"--limit--\r\n",
        part("other", b"x", "x.mp3") + b"--limit--\r\n",
        part("file", b"a value, not a file") + b"--limit--\r\n",
        b"--limit\r\nContent-Type: text/plain\r\n\r\nx\r\n--limit--\r\n",
        b"--limit\r\nContent-Disposition: form-data; name=\xff\xfe\r\n\r\nx\r\n--limit--\r\n",
    ],
)
def test_a_form_without_a_file_is_refused(
    body: bytes, client: FlaskClient, nothing_is_left: Callable[[], bool]
) -> None:
    response = client.post("/stt/task", data=body, content_type=TYPE)

    assert response.status_code in {400, 422}
    assert nothing_is_left()


def test_what_is_too_large_is_refused_by_its_header_alone(
    client: FlaskClient, setting: Callable[..., None], nothing_is_left: Callable[[], bool]
) -> None:
    setting(max_upload_bytes=1000)
    headers = {"CONTENT_LENGTH": "100000000000", "wsgi.input": None}
    response = client.post("/stt/task", content_type=TYPE, environ_overrides=headers)

    assert response.status_code == 413
    assert nothing_is_left()


def test_what_is_too_large_without_saying_so_is_refused_while_it_arrives(
    client: FlaskClient, setting: Callable[..., None], nothing_is_left: Callable[[], bool]
) -> None:
    setting(max_upload_bytes=100_000)
    body = part("file", bytes(3_000_000), "big.wav") + b"--limit--\r\n"
    response = client.post(
        "/stt/task",
        input_stream=io.BytesIO(body),
        content_type=TYPE,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )

    assert response.status_code == 413
    assert nothing_is_left()


def test_too_many_files_are_refused(
    client: FlaskClient, setting: Callable[..., None], nothing_is_left: Callable[[], bool]
) -> None:
    setting(max_files=2)

    response = upload(client, *[(recording("days.flac"), f"{n}.flac") for n in range(3)])
    assert response.status_code == 413
    assert "At most 2 files" in response.text
    assert nothing_is_left()


def test_a_field_that_never_ends_is_refused(
    client: FlaskClient, nothing_is_left: Callable[[], bool]
) -> None:
    response = client.post(
        "/stt/task", data=part("csrf_token", b"x" * 3_000_000), content_type=TYPE
    )

    assert response.status_code == 413
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"".join(part(f"f{n}", b"x") for n in range(200)), 413, "too many fields"),
        (part("file", b"x", "a" * 3_000_000), 413, "too long a head"),
        (b"--limit\r\nX: y\r\n\r\nx\r\n", 400, "not well-formed"),
        (
            b'--limit\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\n',
            400,
            "not written in UTF-8",
        ),
    ],
)
def test_a_malformed_form_is_told_what_is_wrong_with_it(
    body: bytes,
    status: int,
    sentence: str,
    client: FlaskClient,
    nothing_is_left: Callable[[], bool],
) -> None:
    response = client.post("/stt/task", data=body + b"--limit--\r\n", content_type=TYPE)

    assert response.status_code == status
    assert response.json is not None
    assert sentence in response.json["detail"]
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"x" * 2_000_000, 415),
        ("application/json", b"{", 415),
        ("application/json", b"[1,2]", 415),
        (TYPE, part("file", bytes(3_000_000), "big.wav") + b"--limit--\r\n", 413),
        (TYPE, b"".join(part("file", b"", f"{n}.wav") for n in range(60)), 413),
    ],
)
def test_a_refusal_on_the_form_is_a_page_with_the_same_status(
    content_type: str,
    body: bytes,
    status: int,
    client: FlaskClient,
    setting: Callable[..., None],
) -> None:
    setting(max_upload_bytes=2_000_000)
    response = client.post("/stt/", data=body, content_type=content_type, headers=HTML)

    assert response.status_code == status
    assert 'class="errors"' in response.text
    assert "<title>Error: Speech to text" in response.text


def test_an_upload_is_refused_while_too_many_requests_last(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    nothing_is_left: Callable[[], bool],
) -> None:
    monkeypatch.setattr(patience, "SPARE_THREADS", settings.load().web_threads - 1)
    with patience.staying():
        response = upload(client, (recording("days.flac"), "days.flac"))

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    assert nothing_is_left()


def test_the_reserve_is_kept_from_an_upload_that_tells_no_size(
    client: FlaskClient, setting: Callable[..., None], nothing_is_left: Callable[[], bool]
) -> None:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    setting(min_free_bytes=free - 40_000_000)
    chunks = [part("file", b"", "a.wav")[:-2], *[bytes(1_000_000)] * 150]

    class Body:
        """A body whose end is not known."""

        def read(self, _size: int) -> bytes:
            return chunks.pop(0) if chunks else b""

    response = client.post(
        "/stt/task",
        environ_overrides={
            "CONTENT_TYPE": TYPE,
            "wsgi.input": Body(),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        },
    )
    assert response.status_code == 507
    assert nothing_is_left()


def test_a_full_disk_is_said_so_before_anything_is_stored(
    client: FlaskClient, setting: Callable[..., None], nothing_is_left: Callable[[], bool]
) -> None:
    setting(min_free_bytes=10**15)

    response = upload(client, (recording("days.flac"), "days.flac"))
    assert response.status_code == 507
    assert "no room left" in response.text
    assert nothing_is_left()


def test_files_are_not_stored_for_another_site(
    client: FlaskClient, nothing_is_left: Callable[[], bool]
) -> None:
    token(client)
    body = part("csrf_token", b"forged") + part("file", recording("days.flac"), "days.flac")
    response = client.post("/stt/", data=body + b"--limit--\r\n", content_type=TYPE, headers=HTML)

    assert response.status_code == 400
    assert nothing_is_left()


def test_a_full_queue_is_refused_before_anything_is_stored(
    client: FlaskClient, setting: Callable[..., None], nothing_is_left: Callable[[], bool]
) -> None:
    setting(max_queue_depth=0)

    response = upload(client, (recording("days.flac"), "days.flac"))
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert nothing_is_left()


def test_a_large_file_goes_to_disk_as_it_arrives(
    client: FlaskClient, backing: Servers, nothing_is_left: Callable[[], bool]
) -> None:
    sizes: list[int] = []

    class Body:
        """A body of ten megabytes that looks at the storage while it is read."""

        chunks = iter(
            [part("file", b"", "a.wav")[:-2], *[bytes(50_000)] * 200, b"\r\n--limit--\r\n"]
        )

        def read(self, _size: int) -> bytes:
            halves = (backing.home / "files").rglob("*.part")
            sizes.append(sum(path.stat().st_size for path in halves))
            return next(self.chunks, b"")

    response = client.post(
        "/stt/task",
        environ_overrides={
            "CONTENT_TYPE": TYPE,
            "wsgi.input": Body(),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        },
    )

    assert response.status_code == 415, response.text
    assert max(sizes) > 9_000_000
    assert nothing_is_left()
