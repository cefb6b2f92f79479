"""YOLO models in ONNX files: what a network of known answers says comes back to the pixel."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app_srvc.detection import detectors, pictures, tasks
from app_srvc.detection.detectors.yolo import Yolo
from app_srvc.detection.objects import Object
from app_srvc.settings import WrongSetting
from tests.support import networks
from tests.support.networks import Layout
from tests.support.pictures import GREEN, RED, rectangle, turned

Setting = Callable[..., None]

# Sizes and where the rectangle is in them: left, top, width, height.
SHAPES = {
    "square": ((640, 640), (100, 50, 200, 300)),
    "small": ((200, 160), (21, 33, 90, 70)),
    "wide": ((1000, 400), (613, 37, 251, 143)),
    "tall": ((300, 960), (41, 700, 177, 203)),
    "edge": ((777, 501), (0, 301, 300, 200)),
}


@pytest.fixture(params=["opencv", "onnxruntime"])
def runtime(request: pytest.FixtureRequest, setting: Setting) -> str:
    """Choose what runs networks."""
    if request.param == "onnxruntime":
        pytest.importorskip("onnxruntime")
    setting(yolo_runtime=request.param)
    return str(request.param)


@pytest.fixture(params=["classes", "objects"])
def layout(request: pytest.FixtureRequest) -> Layout:
    """Choose how a network's output lies."""
    return request.param  # type: ignore[no-any-return]


def assert_is(found: Object, box: tuple[int, int, int, int]) -> None:
    """Compare a box with the true one, side by side."""
    left, top, width, height = box
    sides = found.box.x, found.box.y, found.box.x + found.box.width, found.box.y + found.box.height
    for told, true in zip(sides, (left, top, left + width, top + height), strict=True):
        assert abs(told - true) <= 1, (found.box, box)


@pytest.mark.parametrize("shape", SHAPES)
def test_boxes_come_back_to_the_pixel(
    shape: str, runtime: str, layout: Layout, tmp_path: Path
) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx", layout))
    size, box = SHAPES[shape]

    for kind, colour in enumerate((RED, GREEN)):
        found = detector.find(pictures.as_pixels(rectangle(size, box, colour)))
        (one,) = found  # What is said of it twice is one object.
        assert (one.kind, one.label) == (kind, networks.NAMES[kind])
        assert one.score == pytest.approx(networks.SURE)
        assert_is(one, box)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_a_turned_camera_is_looked_at_upright(
    orientation: int, runtime: str, tmp_path: Path
) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx"))
    size, box = SHAPES["wide"]
    file = tmp_path / "turned.jpg"
    file.write_bytes(turned(rectangle(size, box), orientation))

    with file.open("rb") as stream:
        picture = pictures.decode(stream)
    assert picture.size == size
    (one,) = detector.find(pictures.as_pixels(picture))
    assert_is(one, box)


def test_an_input_that_is_not_square_is_filled_as_well(runtime: str, tmp_path: Path) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx", size=(512, 256)))

    for size, box in SHAPES.values():
        # A pixel of the network's input is up to three of the picture.
        (one,) = detector.find(pictures.as_pixels(rectangle(size, box)))
        scale = max(size[0] / 512, size[1] / 256)
        assert abs(one.box.x - box[0]) <= scale
        assert abs(one.box.height - box[3]) <= 2 * scale


def test_two_classes_in_one_place_are_two_objects(runtime: str, tmp_path: Path) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx"))
    picture = rectangle((640, 640), (100, 100, 300, 300), RED)
    picture.paste(rectangle((292, 292), (0, 0, 292, 292), GREEN), (104, 104))

    found = detector.find(pictures.as_pixels(picture))
    assert sorted(one.label for one in found) == sorted(networks.NAMES.values())


def test_a_picture_without_any_has_none(runtime: str, layout: Layout, tmp_path: Path) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx", layout))

    assert detector.find(np.full((300, 400, 3), 190, np.uint8)) == []
    assert detector.find(np.full((1, 1, 3), 190, np.uint8)) == []


def test_the_size_of_an_input_that_may_vary_is_the_models_own(runtime: str, tmp_path: Path) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx", size=(320, 320), can_vary=True))

    (one,) = detector.find(pictures.as_pixels(rectangle((320, 320), (50, 60, 70, 80))))
    assert_is(one, (50, 60, 70, 80))


def test_names_come_from_a_file_where_one_is_given(
    runtime: str, tmp_path: Path, setting: Setting
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("червоне\n綠色\n", "utf-8")
    setting(yolo_runtime=runtime, yolo_names=names)
    detector = Yolo(networks.save(tmp_path / "a.onnx"))

    (one,) = detector.find(pictures.as_pixels(rectangle((200, 200), (9, 9, 99, 99), GREEN)))
    assert one.label == "綠色"


def test_without_names_classes_are_numbered(runtime: str, tmp_path: Path) -> None:
    detector = Yolo(networks.save(tmp_path / "a.onnx", names=False))

    (one,) = detector.find(pictures.as_pixels(rectangle((200, 200), (9, 9, 99, 99), GREEN)))
    assert one.label == "class 1"


def test_a_model_that_cannot_be_used_is_said_with_the_name_of_its_setting(
    runtime: str, tmp_path: Path, setting: Setting
) -> None:
    whole = networks.save(tmp_path / "a.onnx").read_bytes()
    bad = {
        "empty": b"", "text": b"names: cat, dog\n" * 99, "cut": whole[:-400], "zeros": bytes(5000),
    }  # fmt: skip
    for name, data in bad.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(data)
        with pytest.raises(WrongSetting, match="YOLO_MODEL cannot be used"):
            Yolo(path)


def test_names_that_are_not_the_models_are_said(
    runtime: str, tmp_path: Path, setting: Setting
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("one\ntwo\nthree\n")
    setting(yolo_runtime=runtime, yolo_names=names)

    with pytest.raises(WrongSetting, match=r"its output is \[1, 6, 4\].*\(3\)"):
        Yolo(networks.save(tmp_path / "a.onnx"))


def test_a_wrong_model_stops_the_worker_before_its_first_job(
    tmp_path: Path, setting: Setting
) -> None:
    path = tmp_path / "wrong.onnx"
    path.write_bytes(b"no model")
    setting(yolo_model=path)

    detectors.load.cache_clear()
    with pytest.raises(WrongSetting, match="YOLO_MODEL"):
        tasks.preload()
