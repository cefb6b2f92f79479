"""Videos: looked into once a second, up to a limit, and on from where an attempt was broken off."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc.detection import detectors, pipeline
from app_srvc.errors import RemoteDown
from app_srvc.jobs import deleting
from app_srvc.jobs.states import State
from tests.detection.test_sending import find, send
from tests.support import media, networks
from tests.support.pages import look
from tests.support.people import program
from tests.support.performing import perform
from tests.support.pictures import GREEN, RED, rectangle, video
from tests.support.rows import scalar
from tests.support.workers import job

Setting = Callable[..., None]
SIZE = (640, 480)
BOX = (100, 80, 200, 120)


@pytest.fixture
def asking(app: Flask, tmp_path: Path, setting: Setting) -> FlaskClient:
    """Return a program; what looks finds red and green things."""
    setting(yolo_model=networks.save(tmp_path / "things.onnx"), default_detector="yolo")
    detectors.load.cache_clear()
    return program(app)


def film(kind: str = "mp4") -> bytes:
    """Return a video in which a thing is red for two seconds, gone for one, and green for one."""
    red, green = rectangle(SIZE, BOX, RED), rectangle(SIZE, BOX, GREEN)
    nothing = rectangle(SIZE, (0, 0, 1, 1), (190, 195, 200))
    return video([red, red, nothing, green], kind=kind)


def seen(told: dict[str, Any]) -> list[tuple[float, list[str]]]:
    """Return the moments of a video, and what is in each."""
    return [
        (frame["seconds"], [one["label"] for one in frame["objects"]]) for frame in told["frames"]
    ]


def test_a_video_is_looked_into_once_a_second(asking: FlaskClient) -> None:
    for kind in ("mp4", "mov", "matroska", "webm", "avi"):
        told = find(asking, film(kind), f"a film.{kind}")

        assert seen(told) == [
            (0.0, ["red thing"]), (1.0, ["red thing"]), (2.0, []), (3.0, ["green thing"]),
        ]  # fmt: skip
        box = told["frames"][0]["objects"][0]["box"]
        assert abs(box["x"] - BOX[0]) <= 2
        assert abs(box["height"] - BOX[3]) <= 3


def test_a_video_of_a_turned_camera_is_looked_at_upright(asking: FlaskClient) -> None:
    data = film()
    one, turn = 0x10000, 0x40000000
    as_it_is = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, turn)
    clockwise = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, turn)
    of_track = data.index(as_it_is, data.index(b"tkhd"))
    data = data[:of_track] + clockwise + data[of_track + len(clockwise) :]

    told = find(asking, data)
    first = told["frames"][0]
    assert (first["width"], first["height"]) == (SIZE[1], SIZE[0])
    (left, top, width, height), box = BOX, first["objects"][0]["box"]
    assert abs(box["x"] - (SIZE[1] - top - height)) <= 2
    assert abs(box["y"] - left) <= 2
    assert abs(box["height"] - width) <= 3


def test_its_page_has_a_time_line_that_leads_to_each_moment(asking: FlaskClient) -> None:
    told = find(asking, film())
    page = look(asking, f"/detect/{told['job_id']}?frame=3").text

    assert 'aria-label="0:00: 1 object"' in page
    assert 'aria-label="0:02: 0 objects"' in page
    assert "green thing" in page
    assert look(asking, f"/detect/{told['job_id']}?frame=4").status_code == 404
    assert asking.get(f"/detect/{told['job_id']}/3/boxes.png").status_code == 200


def test_of_a_longer_video_the_beginning_is_looked_at_and_that_is_said(
    asking: FlaskClient, setting: Setting
) -> None:
    setting(max_video_frames=2)
    told = find(asking, film())

    assert len(told["frames"]) == 2
    page = look(asking, f"/detect/{told['job_id']}").text
    assert "The video is longer: only its first 2 seconds were looked at." in page


def test_a_cut_off_video_is_looked_into_as_far_as_it_goes(asking: FlaskClient) -> None:
    whole = film("matroska")
    told = find(asking, whole[: len(whole) * 2 // 3])

    assert 0 < len(told["frames"]) < 4


def test_a_broken_off_attempt_is_gone_on_with(
    asking: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    look_once = pipeline._look

    def breaking(detection: Any, position: int, *rest: Any) -> None:
        looked.append(position)
        if looked == [0, 1]:
            raise RemoteDown("The power went.")
        look_once(detection, position, *rest)

    monkeypatch.setattr(pipeline, "_look", breaking)
    sent = send(asking, film())
    perform(sent["job_id"])
    assert job(sent["job_id"]).state == State.SCHEDULED

    scalar("UPDATE jobs SET state = 'waiting', due_at = NULL RETURNING true")
    perform(sent["job_id"])
    assert job(sent["job_id"]).state == State.FINISHED
    assert looked == [0, 1, 1, 2, 3]
    told = asking.get(sent["status_url"]).json
    assert told is not None
    assert [frame["seconds"] for frame in told["frames"]] == [0, 1, 2, 3]
    deleting.delete(sent["job_id"])
    assert scalar("SELECT count(*) FROM files") == 0


def test_a_recording_without_pictures_fails_with_its_sentence(asking: FlaskClient) -> None:
    sent = send(asking, media.encode(media.tone(1), "mp4", "aac"), "song.mp4")
    perform(sent["job_id"])

    told = asking.get(sent["status_url"]).json
    assert told is not None
    assert told["reason"] == "There are no moving pictures in it that can be read."


def test_pictures_of_a_video_have_no_more_pixels_than_may_be(
    asking: FlaskClient, setting: Setting
) -> None:
    setting(max_picture_pixels=100_000)
    sent = send(asking, film())
    perform(sent["job_id"])

    told = asking.get(sent["status_url"]).json
    assert told is not None
    assert "It has 640 by 480 pixels; 0.1 million pixels are the most." in told["reason"]
