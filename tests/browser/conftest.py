"""A real browser on real pages."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Response, expect, sync_playwright

from tests.conftest import Servers
from tests.support.web import Web
from tests.support.workers import PATIENCE_SECONDS, Workers

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that hums, and nobody who has to allow it.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start the driver. What is expected to be seen may take a while on a busy machine."""
    expect.set_options(timeout=1000 * PATIENCE_SECONDS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> str:
    """Return the path of this system's Chromium, or of one that playwright has installed."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and Path(playwright.chromium.executable_path).exists():
        found = playwright.chromium.executable_path
    if found is None:
        message = "no Chromium: install Debian's chromium, or run `playwright install chromium`"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Start it."""
    browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def served(backing: Servers) -> Iterator[Web]:
    """Start one web process for all tests of pages."""
    web = Web()
    yield web
    web.stop()


@pytest.fixture
def web(served: Web, database: None) -> Web:
    """Return it, with nothing in its tables."""
    return served


@pytest.fixture
def page(browser: Browser, web: Web) -> Iterator[Page]:
    """Open a window of a new visitor. Nothing may be said on the browser's console."""
    context = browser.new_context(base_url=web.url, viewport={"width": 1100, "height": 800})
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("response", lambda answer: said.extend(_missing(answer)))
    yield page
    context.close()
    # A page or an upload that is refused is said so, and the tests know of it.
    assert [line for line in said if "Failed to load resource" not in line] == []


def _missing(answer: Response) -> list[str]:
    parts = {"script", "stylesheet", "image", "font"}
    if answer.status >= 400 and answer.request.resource_type in parts:
        return [f"missing: {answer.url}"]
    return []


@pytest.fixture
def plain(browser: Browser, web: Web) -> Iterator[Page]:
    """Open a window of a visitor whose browser runs no scripts."""
    context = browser.new_context(base_url=web.url, java_script_enabled=False)
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def one_worker(workers: Workers) -> Workers:
    """Start one worker."""
    workers.start()
    return workers
