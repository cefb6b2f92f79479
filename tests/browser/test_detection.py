"""Object detection as a person does it: drop pictures, see boxes, move the threshold, download."""

import io
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.support.networks import save
from tests.support.pictures import FACE, GREEN, RED, encoded, portrait, rectangle, scene, video
from tests.support.web import Web
from tests.support.workers import Workers

DROP = """([files, target]) => {
  const transfer = new DataTransfer();
  for (const [name, data] of files) {
    const bytes = Uint8Array.from(atob(data), (ch) => ch.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: "image/png", lastModified: 1 }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector(target).dispatchEvent(event);
  }
}"""


@pytest.fixture
def detector(workers: Workers) -> Workers:
    """Start a worker."""
    workers.start("detectworker.py")
    return workers


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Drop files on the page."""
    page.evaluate(DROP, [[[name, b64encode(data).decode()] for name, data in files], "main"])


def boxes(page: Page) -> Locator:
    """Return the boxes over the picture."""
    return page.locator("#picture rect.edge")


def slide(page: Page, to: str) -> None:
    """Move the threshold, as a finger does."""
    page.get_by_label("Least score").fill(to)


def saved(page: Page, link: str, folder: Path) -> tuple[str, bytes]:
    """Download what a link offers, and return its name and what is in it."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    download.value.save_as(folder / "file")
    return download.value.suggested_filename, (folder / "file").read_bytes()


def test_of_three_dropped_pictures_two_are_looked_at_and_the_broken_one_is_named(
    page: Page, detector: Workers, tmp_path: Path
) -> None:
    page.goto("/")
    page.get_by_role("link", name="Object detection").first.click()
    page.wait_for_url("**/detect/")  # With its scripts: nothing else takes what is dropped.
    drop(
        page,
        ("two people.png", encoded(scene())),
        ("broken.png", b"no picture at all"),
        ("one face.png", encoded(portrait())),
    )
    page.get_by_role("button", name="Look for objects").click()
    expect(page.locator("#file-errors")).to_have_text(
        re.compile("^broken.png: This is no picture or video that can be looked at.")
    )
    links = page.get_by_role("listitem").get_by_role("link")
    expect(links).to_have_count(2)

    page.get_by_role("link", name="open two people.png").click()
    expect(page.get_by_role("heading", name="two people.png")).to_be_visible()
    expect(boxes(page)).to_have_count(2)
    expect(page.locator("#picture text")).to_have_text([re.compile("person 0.7"), "face 0.90"])
    (x, width), picture = page.evaluate(
        """() => {
          const box = document.querySelector("#picture rect.kind-0:not(.plate)");
          const picture = document.querySelector("#picture img").getBoundingClientRect();
          const { left, width } = box.getBoundingClientRect();
          return [[left - picture.left, width], picture.width];
        }"""
    )
    assert abs(x / picture - FACE[0] / 640) < 0.06
    assert abs(width / picture - (FACE[2] - FACE[0]) / 640) < 0.08

    slide(page, "0.85")
    expect(boxes(page)).to_have_count(1)
    expect(page.locator("#shown")).to_have_text("1 object is shown.")
    expect(page.locator("table tr:visible")).to_have_count(2)
    name, data = saved(page, "Download boxes (json)", tmp_path)
    assert name == "two people.json"
    assert [one["label"] for one in json.loads(data)["objects"]] == ["face"]

    slide(page, "0.3")
    expect(boxes(page)).to_have_count(3)
    page.get_by_role("checkbox", name="person").uncheck()
    expect(boxes(page)).to_have_count(1)
    name, data = saved(page, "Download picture (png)", tmp_path)
    assert name == "two people.png"
    drawn = Image.open(io.BytesIO(data)).convert("RGB")
    assert drawn.size == (640, 480)
    colours = {colour for _count, colour in drawn.getcolors(640 * 480) or []}
    assert (255, 210, 63) in colours, "the face has a box"
    assert (92, 225, 230) not in colours, "the person has none"

    page.get_by_role("link", name="My jobs").click()
    expect(page.get_by_role("link", name="one face.png")).to_be_visible()


def test_the_same_without_scripts(plain: Page, detector: Workers, tmp_path: Path) -> None:
    file = tmp_path / "two people.png"
    file.write_bytes(encoded(scene()))
    plain.goto("/detect/")
    plain.get_by_label("Pictures").set_input_files(file)
    plain.get_by_role("button", name="Look for objects").click()

    # The page reloads itself.
    drawn = plain.get_by_role("img", name="two people.png, with boxes around what was found")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("img => img.decode().then(() => img.naturalWidth)") == 640
    expect(plain.get_by_role("row")).to_have_count(3)
    expect(plain.get_by_text("2 objects are shown.")).to_be_visible()
    expect(plain.get_by_label("Least score")).to_be_hidden()
    name, data = saved(plain, "Download picture (png)", tmp_path)
    assert (name, Image.open(io.BytesIO(data)).size) == ("two people.png", (640, 480))


@pytest.fixture
def with_model(tmp_path: Path, workers: Workers, database: None) -> Iterator[Web]:
    """Start a web and a worker that have a model besides."""
    model = {"YOLO_MODEL": str(save(tmp_path / "things.onnx"))}
    web = Web(**model)
    workers.start("detectworker.py", **model)
    yield web
    web.stop()


def test_a_video_is_looked_at_along_its_time_line(
    page: Page, with_model: Web, tmp_path: Path
) -> None:
    file = tmp_path / "a film.mp4"
    red, green = (rectangle((320, 240), (40, 30, 99, 77), colour) for colour in (RED, GREEN))
    file.write_bytes(video([red, green, green]))
    page.goto(f"{with_model.url}/detect/")
    page.get_by_label("Pictures").set_input_files(file)
    page.get_by_label("Detector").select_option("YOLO")
    page.get_by_role("button", name="Look for objects").click()

    expect(page.get_by_role("navigation", name="Time line").get_by_role("link")).to_have_count(3)
    expect(page.locator("#picture text")).to_have_text(["red thing 0.90"])
    slide(page, "0.5")
    page.get_by_role("link", name="0:02: 1 object").click()
    expect(page.locator("#picture text")).to_have_text(["green thing 0.90"])
    expect(page.get_by_label("Least score")).to_have_value("0.5")
    expect(page.get_by_text("It knows what its model was trained with: things.")).to_be_visible()
