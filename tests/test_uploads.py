"""Receiving files: what arrives whole is stored, what does not leaves nothing."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app_srvc import db, uploads
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


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("talk.mp3", "talk.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\talk.mp3", "talk.mp3"),
        ("two\nlines\r.mp3", "two lines .mp3"),
        ("\u202egnp.3pm", "gnp.3pm"),
        ("zero\u200bwidth\ufeff.wav", "zerowidth.wav"),
        ("  spaces   everywhere .ogg ", "spaces everywhere .ogg"),
        ("e\u0301te\u0301.flac", "\u00e9t\u00e9.flac"),
        ("запис 你好.webm", "запис 你好.webm"),
        ("..", "unnamed"),
        ("\x00\x07", "unnamed"),
        ("<b>bold</b>.mp3", "b>.mp3"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(name: str, shown: str) -> None:
    assert uploads.clean_name(name) == shown


def test_an_endless_name_is_shortened_and_keeps_its_ending() -> None:
    shown = uploads.clean_name("x" * 4000 + ".mp3")

    assert len(shown) == uploads.LONGEST_NAME
    assert shown.endswith("….mp3")


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
