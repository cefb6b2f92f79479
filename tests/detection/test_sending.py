"""Sending pictures: POST /detect/ and /detect/task. Bad input gets its sentence."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app_srvc import storage
from app_srvc.detection import repository
from app_srvc.errors import RemoteDown
from app_srvc.jobs import deleting, submission
from app_srvc.jobs.states import State
from tests.conftest import Servers
from tests.support import detecting, pictures
from tests.support.pages import HTML, look, press
from tests.support.people import guest, program
from tests.support.performing import perform
from tests.support.pictures import FACE, PERSON, encoded, portrait, rectangle, scene
from tests.support.rows import scalar
from tests.support.web import form
from tests.support.workers import job

Json = dict[str, Any]


@pytest.fixture
def asking(app: Flask) -> FlaskClient:
    """Return a program without cookies."""
    return program(app)


def send(client: FlaskClient, data: bytes, name: str = "a.png", **fields: str) -> Json:
    """Send a file as a program, and return the answer with its status."""
    body, content_type = form([(name, data)], **fields)
    response = client.post("/detect/task", data=body, content_type=content_type)
    assert response.json is not None
    answer: Json = response.json
    return {"status": response.status_code} | answer


def find(client: FlaskClient, data: bytes, name: str = "a.png") -> Json:
    """Send a file, let it be looked at, and return what a program is told then."""
    sent = send(client, data, name)
    assert sent["status"] == 202, sent
    perform(sent["job_id"])
    told: Json | None = client.get(sent["status_url"]).json
    assert told is not None
    return told


def labels(told: Json, least: float = 0.5) -> list[str]:
    """Return what was found with at least that score."""
    return [one["label"] for one in told["objects"] if one["score"] >= least]


def overlap(box: Json, true: tuple[int, int, int, int]) -> float:
    """Return which share of the area of both together a box and the true one have in common."""
    left, top = max(box["x"], true[0]), max(box["y"], true[1])
    right = min(box["x"] + box["width"], true[2])
    bottom = min(box["y"] + box["height"], true[3])
    common = max(0, right - left) * max(0, bottom - top)
    both = box["width"] * box["height"] + (true[2] - true[0]) * (true[3] - true[1])
    return float(common / (both - common))


def png_of(width: int, height: int) -> bytes:
    """Return a PNG whose header promises so many pixels; there are none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def test_a_face_and_somebody_who_stands_are_found(asking: FlaskClient) -> None:
    told = find(asking, encoded(scene()))

    found = {one["label"]: one["box"] for one in told["objects"] if one["score"] >= 0.5}
    assert sorted(found) == ["face", "person"]
    assert overlap(found["face"], FACE) > 0.5
    assert overlap(found["person"], PERSON) > 0.5
    assert (told["width"], told["height"], told["detector"]) == (640, 480, "opencv")


def test_what_is_found_in_a_large_picture_is_told_in_its_own_pixels(asking: FlaskClient) -> None:
    told = find(asking, encoded(scene().resize((2560, 1920)), "JPEG"))

    (face,) = [one["box"] for one in told["objects"] if one["label"] == "face"]
    assert overlap(face, (FACE[0] * 4, FACE[1] * 4, FACE[2] * 4, FACE[3] * 4)) > 0.5
    assert told["width"] == 2560


def test_a_face_is_found_in_each_kind_of_file(asking: FlaskClient) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"):
        assert "face" in labels(find(asking, encoded(portrait(), kind))), kind


def modes() -> dict[str, bytes]:
    """Return the same scene with other colours, and more or fewer of them."""
    gray = np.asarray(portrait().convert("L")).astype(np.uint16) * 257
    clear = portrait().convert("RGBA")
    # What cannot be seen is white, whatever colour it has.
    clear.paste((0, 0, 0, 0), (0, 0, 240, 8))
    palette = portrait().convert("P")
    palette.info["transparency"] = 0
    frames = [portrait(), Image.new("RGB", (240, 200), "black")]
    return {
        "CMYK": encoded(portrait().convert("CMYK"), "JPEG", quality=92),
        "16 bits": encoded(Image.fromarray(gray)),
        "32 bits": encoded(Image.fromarray(gray.astype(np.int32)), "TIFF"),
        "fractions": encoded(Image.fromarray(gray.astype(np.float32) / 65535), "TIFF"),
        "gray": encoded(portrait().convert("L"), "JPEG"),
        "gray and clear": encoded(clear.convert("LA")),
        "transparent": encoded(clear),
        "palette": encoded(palette),
        "animated GIF": encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "animated WebP": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "pages": encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
    }


def test_a_face_is_found_whatever_its_colours_are(asking: FlaskClient) -> None:
    for mode, data in modes().items():
        assert "face" in labels(find(asking, data)), mode


def test_what_is_transparent_is_looked_at_on_white(asking: FlaskClient) -> None:
    sent = send(asking, encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0))))
    perform(sent["job_id"])

    shown = asking.get(f"/detect/{sent['job_id']}/0/picture.jpg").data
    assert Image.open(io.BytesIO(shown)).getpixel((20, 20)) == (255, 255, 255)


def test_a_picture_of_a_turned_camera_is_upright_and_tells_nothing_else(
    asking: FlaskClient,
) -> None:
    for orientation in (1, 3, 6, 8):
        sent = pictures.turned(portrait(), orientation, comment="Secret Place")
        told = find(asking, sent, "IMG_1.JPG")
        assert "face" in labels(told)
        assert (told["width"], told["height"]) == (240, 200)
        for name in ("picture.jpg", "boxes.png"):
            data = asking.get(f"/detect/{told['job_id']}/0/{name}").data
            served = Image.open(io.BytesIO(data))
            assert served.size == (240, 200)
            assert not served.getexif()
            assert b"Secret" not in data


def test_what_is_no_picture_is_refused_at_once(asking: FlaskClient, backing: Servers) -> None:
    for data, status, sentence in (
        (b"", 422, "The file is empty."),
        (b"text " * 1000, 415, "This is no picture or video that can be looked at."),
        (b'<?xml version="1.0"?>\n<svg xmlns="x"><script/></svg>', 415, "An SVG is a drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", 415, "HEIC and AVIF pictures cannot be read"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", 415, "HEIC and AVIF pictures cannot be read"),
        (b"%PDF-1.7", 415, "This is no picture or video"),
    ):
        told = send(asking, data, "a.png")
        assert told["status"] == status
        assert sentence in told["detail"]
    assert scalar("SELECT count(*) FROM jobs") == 0
    assert [path for path in (backing.home / "files").rglob("*") if path.is_file()] == []


def test_what_turns_out_to_be_none_fails_with_its_sentence(asking: FlaskClient) -> None:
    for data, sentence in (
        (png_of(100_000, 100_000), "It has 100,000 by 100,000 pixels; 50 million pixels are the"),
        (encoded(scene())[:20_000], "The picture cannot be read: it is damaged, cut off"),
        (encoded(scene(), "JPEG")[:4_000], "The picture cannot be read"),
        (encoded(scene(), "WEBP")[:3_000], "The picture cannot be read"),
        (encoded(scene(), "TIFF")[:30_000], "The picture cannot be read"),
        (b"\xff\xd8\xff" + b"x" * 500, "The picture cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "The picture cannot be read"),
        (png_of(300, 5000)[:-30], "The picture cannot be read"),
        (b"\0\0\0\x18ftypisom" + bytes(500), "The video cannot be read"),
        (b"\x1a\x45\xdf\xa3" + bytes(500), "The video cannot be read"),
    ):
        sent = send(asking, data)
        assert sent["status"] == 202
        perform(sent["job_id"])
        told = asking.get(sent["status_url"]).json
        assert told is not None
        assert told["status"] == "failed"
        assert sentence in told["reason"]
        assert job(sent["job_id"]).attempt == 1, "what cannot be read is not tried again"


def test_the_smallest_pictures_have_nothing_in_them(asking: FlaskClient) -> None:
    for size in ((1, 1), (1, 3000), (3000, 1), (23, 500)):
        assert find(asking, encoded(Image.new("RGB", size)))["objects"] == []


def test_a_picture_of_more_bytes_than_may_be_is_refused(
    asking: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(max_picture_bytes=1_000_000)

    told = send(asking, encoded(scene()) + bytes(1_000_000))
    assert (told["status"], told["detail"].split(": ")[1]) == (413, "A picture has at most 1 MB.")


def test_a_picture_is_called_as_its_owner_calls_it(client: FlaskClient) -> None:
    for name in ("портрет.png", "照片.png", "صورة.png", "../../etc/x.png"):
        job_id = detecting.sent(client, encoded(rectangle((80, 60), (9, 9, 9, 9))), name)
        perform(job_id)

        page = look(client, f"/detect/{job_id}").text
        shown = name.rpartition("/")[2]
        assert f"<h1>{shown}</h1>" in page
        assert f'download="{shown.removesuffix(".png")}.json"' in page
        assert shown in look(client, "/jobs/").text


def test_an_unknown_detector_is_said_beside_its_field(asking: FlaskClient) -> None:
    told = send(asking, encoded(scene()), detector="x")

    assert told["status"] == 422
    assert told["errors"] == {"detector": ["A detector can be one of opencv."]}


def test_a_full_queue_is_said_before_anything_is_stored(
    asking: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(max_queue_depth=0)

    told = send(asking, encoded(scene()))
    assert told["status"] == 503
    assert scalar("SELECT count(*) FROM files") == 0


def test_a_job_is_told_as_it_is(asking: FlaskClient) -> None:
    sent = send(asking, encoded(scene()))
    told = asking.get(sent["status_url"]).json
    assert told == {"job_id": sent["job_id"], "status": "waiting", "progress": 0.0}

    assert asking.get("/detect/task/" + submission.new_id()).status_code == 404
    submission.cancel(sent["job_id"])
    told = asking.get(sent["status_url"]).json
    assert told is not None
    assert told["status"] == "cancelled"


def test_a_cancelled_job_is_tried_again_and_a_deleted_one_leaves_nothing(
    asking: FlaskClient, backing: Servers
) -> None:
    sent = send(asking, encoded(scene()))
    submission.cancel(sent["job_id"])
    submission.retry(sent["job_id"])
    perform(sent["job_id"])
    assert job(sent["job_id"]).state == State.FINISHED

    deleting.delete(sent["job_id"])
    assert scalar("SELECT count(*) FROM detections") == 0
    assert scalar("SELECT count(*) FROM files") == 0
    assert [path for path in (backing.home / "files").rglob("*") if path.is_file()] == []


def test_a_picture_that_was_deleted_is_out_of_sight_and_can_be_brought_back(app: Flask) -> None:
    client = guest(app)
    job_id = detecting.sent(client)
    perform(job_id)
    paths = [f"/detect/{job_id}", f"/detect/{job_id}/0/picture.jpg", f"/detect/task/{job_id}"]
    before = [client.get(path, headers=HTML).status_code for path in paths]

    press(client, f"/jobs/{job_id}/delete")
    assert [client.get(path, headers=HTML).status_code for path in paths] == [404] * 3
    press(client, f"/jobs/{job_id}/undo")
    assert [client.get(path, headers=HTML).status_code for path in paths] == before == [200] * 3


def test_a_second_run_changes_nothing(asking: FlaskClient) -> None:
    from app_srvc.detection import tasks

    told = find(asking, encoded(scene()))
    keys = scalar("SELECT array_agg(picture_key) FROM detected_frames")

    tasks.detect(told["job_id"])
    assert scalar("SELECT array_agg(picture_key) FROM detected_frames") == keys
    assert asking.get(f"/detect/task/{told['job_id']}").json == told


def test_what_an_attempt_has_stored_and_not_recorded_goes(
    asking: FlaskClient, backing: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaking(*_: object) -> None:
        monkeypatch.undo()
        raise RemoteDown("The power went.")

    monkeypatch.setattr(repository, "add_frame", breaking)
    sent = send(asking, encoded(portrait()))
    perform(sent["job_id"])
    assert scalar("SELECT count(*) FROM detected_frames") == 0
    scalar("UPDATE jobs SET state = 'waiting', due_at = NULL RETURNING true")
    perform(sent["job_id"])
    storage.sweep()

    files = [path.name for path in (backing.home / "files").rglob("*") if path.is_file()]
    kept = scalar("SELECT ARRAY[file_key, picture_key, drawn_key] FROM detections"
                  " JOIN detected_frames USING (job_id)")  # fmt: skip
    assert sorted(files) == sorted(kept)


def test_the_pictures_stay_for_as_long_as_files_are_kept(asking: FlaskClient) -> None:
    told = find(asking, encoded(scene()))
    storage.sweep()

    assert asking.get(f"/detect/{told['job_id']}/0/picture.jpg").status_code == 200
    scalar("UPDATE files SET released_at = now() - interval '40 days' RETURNING true")
    storage.sweep()
    assert asking.get(f"/detect/{told['job_id']}/0/picture.jpg").status_code == 404
    page = look(asking, f"/detect/{told['job_id']}").text
    assert "The picture is no longer kept; what was found in it is." in page
    assert "<td>0.90</td>" in page


def test_the_downloads_are_what_the_page_shows(asking: FlaskClient) -> None:
    told = find(asking, encoded(scene()), "two.png")

    found = asking.get(f"/detect/{told['job_id']}/objects.json?threshold=0.85").json
    assert found is not None
    assert [one["label"] for one in found["objects"]] == ["face"]
    assert found["file"] == "two.png"
    drawn = Image.open(io.BytesIO(asking.get(f"/detect/{told['job_id']}/0/boxes.png").data))
    box = next(one["box"] for one in told["objects"] if one["label"] == "face")
    corner = drawn.convert("RGB").getpixel((round(box["x"]) + 1, round(box["y"]) + 60))
    assert corner == (255, 210, 63)


def test_what_was_found_is_taken_along(client: FlaskClient) -> None:
    from app_srvc import db
    from app_srvc.jobs import registry

    told = find(client, encoded(scene()))
    with db.transaction() as conn:
        taken = registry.export(conn, "detection.detect", told["job_id"])

    assert json.loads(json.dumps(taken))["objects"] == told["objects"]
