"""Sending recordings: POST /stt/, as a form and as JSON. Bad input gets its sentence."""

import struct
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import engines
from app_srvc.queues import Queue
from app_srvc.speech import intake, probing
from tests.conftest import Servers
from tests.support import media
from tests.support.pages import look, upload
from tests.support.people import guest
from tests.support.recordings import recording
from tests.support.rows import scalar

JSON = {"Accept": "application/json"}


@pytest.fixture
def counts(database: None, backing: Servers) -> Callable[[], tuple[int, int, int]]:
    """Give a question: how many jobs, deliveries and files are there?"""

    def ask() -> tuple[int, int, int]:
        files = [path for path in (backing.home / "files").rglob("*") if path.is_file()]
        return scalar("SELECT count(*) FROM jobs"), engines.current().depth(Queue.STT), len(files)

    return ask


def send(client: FlaskClient, data: bytes, name: str = "talk.mp3") -> tuple[int, str]:
    """Send a file as a program and return status and sentence."""
    response = upload(client, (data, name), path="/stt/task")
    assert response.json is not None
    return response.status_code, response.json.get("detail", "")


def test_the_form_can_be_used_without_scripts(client: FlaskClient) -> None:
    page = look(client, "/stt/").text

    assert 'enctype="multipart/form-data"' in page
    assert 'type="file"' in page
    assert '<label for="file">Recordings</label>' in page
    assert "6 hours of sound each" in page


def test_one_file_leads_to_its_transcript(
    client: FlaskClient, counts: Callable[[], tuple[int, int, int]]
) -> None:
    response = upload(client, (recording("days.flac"), "My talk.flac"))

    assert response.status_code == 303
    page = look(client, response.location).text
    assert "My talk.flac" in page
    assert "The words appear here" in page
    assert counts() == (1, 1, 1)


def test_several_files_lead_to_the_list(
    client: FlaskClient, counts: Callable[[], tuple[int, int, int]]
) -> None:
    names = ["one.flac", "two.flac", "three.flac"]
    response = upload(client, *[(recording("days.flac"), name) for name in names])

    assert response.location == "/jobs/"
    page = look(client, "/jobs/").text
    assert "3 recordings are being transcribed." in page
    assert all(name in page for name in names)
    assert counts() == (3, 3, 3)


def test_of_several_files_the_bad_one_is_named_and_the_others_go_on(
    client: FlaskClient, counts: Callable[[], tuple[int, int, int]]
) -> None:
    response = upload(
        client, (recording("days.flac"), "good.flac"), (b"text", "bad.mp4"), (b"", "empty.mp3")
    )

    page = client.get(response.location, headers={"Accept": "text/html"}).text
    assert "bad.mp4: This is not audio or video that can be read." in page
    assert "empty.mp3: The file is empty." in page
    assert counts() == (1, 1, 1)


def test_a_program_is_told_what_became_of_each_file(client: FlaskClient) -> None:
    response = upload(
        client, (recording("days.flac"), "good.flac"), (b"text", "bad.mp4"), headers=JSON
    )

    assert response.status_code == 202
    assert response.json is not None
    (job,) = response.json["jobs"]
    assert job["name"] == "good.flac"
    assert client.get(job["status_url"]).status_code == 200
    (refused,) = response.json["refused"]
    assert (refused["name"], refused["status"]) == ("bad.mp4", 415)


@pytest.mark.parametrize(
    ("data", "name", "status", "sentence"),
    [
        (b"", "empty.mp3", 422, "The file is empty."),
        (b"text " * 1000, "film.mp4", 415, "This is not audio or video that can be read."),
        (b"\x89PNG\r\n\x1a\n" + bytes(999), "a.png", 415, "This is not audio or video"),
        (media.encode(b"", "mp4", "aac", picture=True), "mute.mp4", 422, "no sound track"),
        (media.encode(media.tone(20), "mp4", "aac")[:-20000], "cut.mp4", 415, "not audio or video"),
        (b"#EXTM3U\n#EXTINF:5,\n/etc/passwd\n", "song.mp3", 415, "not audio or video"),
        (media.wav(media.tone(0.1))[:78], "nothing.wav", 422, "0 seconds of sound"),
        (media.wav_with(rate=1), "hours.wav", 422, "a format that this server cannot decode"),
        (media.wav_with(rate=2**31 - 1), "mad.wav", 422, "that this server cannot decode"),
        (media.wav_with(channels=200), "choir.wav", 422, "that this server cannot decode"),
        (
            media.encode(media.tone(1), "matroska", "pcm_s16le").replace(
                b"A_PCM/INT/LIT", b"A_XXX/INT/LIT"
            ),
            "secret.mka",
            422,
            "a format that this server cannot decode",
        ),
    ],
)
def test_what_cannot_be_transcribed_gets_its_sentence_and_leaves_nothing(  # noqa: PLR0917
    data: bytes,
    name: str,
    status: int,
    sentence: str,
    client: FlaskClient,
    counts: Callable[[], tuple[int, int, int]],
) -> None:
    got, detail = send(client, data, name)
    assert got == status
    assert sentence in detail
    assert detail.startswith(f"{name}: ")

    page = upload(client, (data, name))
    assert page.status_code == status
    assert f'<div class="errors" id="file-errors" role="alert"><ul><li>{name}: ' in page.text
    assert 'aria-invalid="true"' in page.text
    assert counts() == (0, 0, 0)


def test_a_recording_that_is_too_long_is_refused_by_its_header(
    client: FlaskClient, setting: Callable[..., None], counts: Callable[[], tuple[int, int, int]]
) -> None:
    setting(max_recording_seconds=75)
    status, sentence = send(client, media.encode(media.silence(90), "flac", "flac"), "long.flac")

    assert status == 413
    assert "It is 1:30 long; 75 seconds are the most." in sentence
    assert counts() == (0, 0, 0)


def test_a_length_that_cannot_be_is_not_believed(client: FlaskClient) -> None:
    data = bytearray(media.encode(media.tone(1), "matroska", "pcm_s16le"))
    # Duration: element 0x4489, eight bytes long, as a floating point number.
    at = data.index(b"\x44\x89\x88") + 3
    for value in (-5000.0, -0.4, float("nan"), float("inf")):
        data[at : at + 8] = struct.pack(">d", value)
        assert send(client, bytes(data), "odd.mka")[0] == 202, value


def test_after_some_harmful_files_the_rest_is_not_looked_at(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, counts: Callable[[], tuple[int, int, int]]
) -> None:
    looked: list[object] = []

    def harmful(file: object) -> None:
        looked.append(file)
        raise probing.Harmful

    monkeypatch.setattr(probing, "probe", harmful)
    response = upload(client, *[(b"x", f"{n}.mp3") for n in range(10)], headers=JSON)
    assert len(looked) == intake.MOST_HARMFUL
    assert response.json is not None
    assert response.json["errors"]["file"][-1].startswith("9.mp3: Not looked at")
    assert counts() == (0, 0, 0)


def test_of_many_refused_files_some_are_named_and_the_others_counted(client: FlaskClient) -> None:
    bad = [(b"text", "ж" * 150 + f"{n}.mp3") for n in range(20)]
    response = upload(client, (recording("days.flac"), "good.flac"), *bad)

    # More does not fit into a cookie.
    assert len(response.headers["Set-Cookie"]) < 4000
    page = look(client, response.location).text
    assert page.count("This is not audio or video that can be read.") == 5
    assert "15 more files were refused." in page


def test_choosing_no_file_is_said_beside_the_field(client: FlaskClient) -> None:
    response = upload(client, (b"", ""))

    assert response.status_code == 422
    assert "<li>Please choose a file.</li>" in response.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x=1\n.mp3", "a Set-Cookie: x=1 .mp3"),
        ("x" * 4000 + ".mp3", "x" * 195 + "….mp3"),
        ("\u202e3pm.evil", "3pm.evil"),
    ],
)
def test_a_hostile_name_is_harmless(name: str, shown: str, app: Flask, backing: Servers) -> None:
    client = guest(app)
    head = f"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}"
    body = f"--b\r\n{head}\r\n\r\n".encode() + recording("days.flac") + b"\r\n--b--\r\n"
    response = app.test_client(use_cookies=False).post(
        "/stt/task", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert response.status_code == 202, response.text
    assert response.json is not None

    answer = client.get(f"/api/jobs/{response.json['job_id']}")
    assert answer.json is not None
    assert answer.json["title"] == shown
    page = look(client, f"/stt/{response.json['job_id']}/transcript.txt")
    assert "\n" not in page.headers["Content-Disposition"]
    names = {path.name for path in (backing.home / "files").rglob("*")}
    assert not any("passwd" in one or "evil" in one for one in names)


def test_a_name_is_no_part_of_what_travels_to_the_worker(client: FlaskClient) -> None:
    import redis

    from app_srvc import settings

    upload(client, (recording("days.flac"), "private-diary.flac"))

    with redis.Redis.from_url(settings.load().queue_url) as raw:
        stored = b"".join(raw.dump(key) or b"" for key in raw.scan_iter())
    assert b"diary" not in stored
