"""Recordings for a player: whole, and in parts."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import storage
from app_srvc.speech import playing
from tests.support import media
from tests.support.pages import look, upload
from tests.support.people import guest
from tests.support.recordings import recording


def address(client: FlaskClient, data: bytes, name: str) -> str:
    """Upload a recording and return where it can be heard."""
    return upload(client, (data, name)).location + "/recording"


def part(client: FlaskClient, path: str, wanted: str) -> tuple[int, str | None, bytes]:
    """Ask for a part as a player does; return status, which part it is, and its bytes."""
    response = client.get(path, headers={"Range": wanted})
    return response.status_code, response.headers.get("Content-Range"), response.data


def test_a_recording_comes_back_as_it_was_sent(app: Flask) -> None:
    client = guest(app)
    response = client.get(address(client, recording("days.flac"), "days.flac"))

    assert response.data == recording("days.flac")
    assert response.mimetype == "audio/flac"
    assert response.content_length == len(recording("days.flac"))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("days.flac", 'filename="days.flac"'),
        ("дні.flac", "filename*=UTF-8''%D0%B4%D0%BD%D1%96.flac"),
    ],
)
def test_a_recording_is_saved_under_its_name(app: Flask, name: str, told: str) -> None:
    client = guest(app)
    response = client.get(address(client, recording("days.flac"), name) + "?download=1")

    assert response.headers["Content-Disposition"] == f"attachment; {told}"


def test_a_player_gets_the_part_that_it_asks_for(app: Flask) -> None:
    client = guest(app)
    data = recording("days.flac")
    path = address(client, data, "days.flac")
    size = len(data)

    assert part(client, path, "bytes=0-") == (206, f"bytes 0-{size - 1}/{size}", data)
    assert part(client, path, "bytes=100-199") == (206, f"bytes 100-199/{size}", data[100:200])
    assert part(client, path, "bytes=-50") == (
        206, f"bytes {size - 50}-{size - 1}/{size}", data[-50:],
    )  # fmt: skip
    assert part(client, path, f"bytes={size}-") == (416, f"bytes */{size}", b"")


def test_no_part_is_larger_than_fits_into_a_connections_buffers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "PART_BYTES", 1000)
    client = guest(app)
    path = address(client, media.wav(media.tone(1)), "tone.wav")

    status, told, data = part(client, path, "bytes=500-")
    assert status == 206
    assert told is not None
    assert told.startswith("bytes 500-1499/")
    assert len(data) == 1000


def test_what_no_browser_plays_has_no_player(app: Flask) -> None:
    client = guest(app)
    response = upload(client, (media.encode(media.tone(2), "aiff", "pcm_s16be"), "tone.aiff"))

    assert "<audio" not in look(client, response.location).text
    assert client.get(response.location + "/recording").mimetype == "application/octet-stream"


def test_a_recording_whose_file_is_gone_is_not_found(app: Flask) -> None:
    client = guest(app)
    path = address(client, recording("days.flac"), "days.flac")
    for file in storage.current().root.rglob("*"):  # type: ignore[attr-defined]
        if file.is_file():
            file.unlink()

    assert client.get(path).status_code == 404
