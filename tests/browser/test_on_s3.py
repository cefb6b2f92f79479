"""The main job with files in a bucket: web processes and workers share no folder."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.recordings import FOLDER, TEXTS, recording
from tests.support.swift import Swift
from tests.support.web import Web
from tests.support.workers import Workers, wait_for


class Places:
    """Empty folders, one for each process, and the environment in which it knows no other."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def new(self, name: str) -> dict[str, str]:
        """Return the environment of a process."""
        folder = self.home / name
        folder.mkdir(parents=True)
        return {"HOME": str(folder), "TMPDIR": str(folder), "CHERHA_HOME": str(folder)}

    def files(self) -> list[Path]:
        """Return what the processes have left there."""
        return [path for path in self.home.rglob("*") if path.is_file()]


@pytest.fixture
def places(database: None, swift: Swift, setting: Callable[..., None], tmp_path: Path) -> Places:
    """Keep files in a bucket, and give processes nothing else."""
    swift.empty()
    setting(s3_public_url=swift.url, **swift.settings)
    return Places(tmp_path / "places")


@pytest.fixture
def webs(places: Places) -> Iterator[list[Web]]:
    """Start two web processes."""
    webs = [Web(**places.new("web-1")), Web(**places.new("web-2"))]
    yield webs
    for web in webs:
        if web.process.poll() is None:
            web.stop()


@pytest.fixture
def on_s3(browser: Browser, webs: list[Web]) -> Iterator[Page]:
    """Open a window at the first one."""
    context = browser.new_context(base_url=webs[0].url, viewport={"width": 1100, "height": 800})
    yield context.new_page()
    context.close()


def test_a_recording_is_sent_read_played_saved_and_deleted(
    on_s3: Page, webs: list[Web], workers: Workers, places: Places, swift: Swift
) -> None:
    page = on_s3
    # What is deleted goes at once.
    workers.start(UNDO_MINUTES="0", **places.new("worker"))
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files(FOLDER / "days.flac")
    page.get_by_role("button", name="Transcribe").click()
    expect(page.locator("#transcript .word")).to_have_text(TEXTS["days.flac"].split())

    player = page.locator("#player")
    wait_for(lambda: player.evaluate("it => it.readyState >= 1"))
    player.evaluate("it => { it.currentTime = 2 }")
    wait_for(lambda: player.evaluate("it => !it.seeking && it.readyState >= 2"))
    sound = page.get_attribute("#player", "src") or ""
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    ask = Request(webs[1].url + sound, headers={"Cookie": cookie, "Range": "bytes=100-199"})
    with urlopen(ask) as answer:
        assert answer.url.startswith(webs[1].url), "a player gets its parts from where its page is"
        assert answer.read() == recording("days.flac")[100:200]

    with page.expect_download() as download:
        page.get_by_role("link", name="Save the recording").click()
    assert download.value.url.startswith(swift.url)
    assert download.value.suggested_filename == "days.flac"
    assert download.value.path().read_bytes() == recording("days.flac")

    page.goto(page.url.replace("/stt/", "/jobs/"))
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page).to_have_url(re.compile("/jobs/$"))
    wait_for(lambda: swift.stored() == [])
    assert places.files() == []
