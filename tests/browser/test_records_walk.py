"""The whole task of an operator, in a browser on the whole product: from a file to no record left.

A processor is added, fed, watched, sped up, stopped and started, and what it could not do is done.
"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.asking import ask
from tests.support.handlers import HANDLERS
from tests.support.product import Product
from tests.support.workers import PATIENCE_SECONDS

BAD, SHUT = 12, 6
# Letters that are on their way long enough to be seen there; before and after them come quick ones.
SLOW, SLOW_SECONDS = range(200, 230), 2.5


class Walk(NamedTuple):
    """A window on one processor, and how many letters its file has."""

    page: Page
    product: Product
    name: str
    letters: int

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/processors/{self.name}"

    def figure(self, name: str) -> Locator:
        """Return a number on the page."""
        return self.page.locator(f".figures .{name} dd")

    def press(self, label: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=label).click()

    def count(self, condition: str = "true") -> Any:
        """Count its records."""
        return self.ask(f"count(*) FILTER (WHERE {condition})")

    def ask(self, what: str) -> Any:
        """Ask the database about its records."""
        statement = (
            f"SELECT {what} FROM records JOIN processors ON processors.id = processor_id"
            " WHERE name = %s"
        )
        return ask(self.product, statement, self.name)[0][0]


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """Start all of it, with a handler to be watched."""
    with tempfile.TemporaryDirectory(prefix="cherha-walk-") as home:
        product = Product(Path(home), workers=1, RECORD_WORKERS="8", HANDLERS=HANDLERS)
        product.start()
        yield product
        product.stop()


@pytest.fixture(scope="module")
def cookies(browser: Browser, product: Product) -> Any:
    """Become an operator as the terminal says, and return by what a browser shows that."""
    link = next(line for line in product.lines if "/operator?token=" in line).split()[-1]
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Become an operator").click()
    found = context.cookies()
    context.close()
    return found


# How wide each is, and how many lines its file has.
WINDOWS = {"wide": ("letters", 1200, 10_000), "phone": ("postcards", 390, 1_000)}


@pytest.fixture(params=WINDOWS)
def walk(
    request: pytest.FixtureRequest, browser: Browser, product: Product, cookies: Any
) -> Iterator[Walk]:
    """Open a window, as wide as a desk or a phone allows."""
    name, width, letters = WINDOWS[request.param]
    context = browser.new_context(
        base_url=product.url, viewport={"width": width, "height": 800}, has_touch=width < 400
    )
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    context.add_cookies(cookies)
    yield Walk(context.new_page(), product, name, letters)
    context.close()


def file_of(letters: int) -> tuple[bytes, list[int]]:
    """Return so many letters as a table, and in which of its lines something is missing."""
    lines, bad = ["id,town,seconds"], []
    for number in range(1, letters + 1):
        if number % (letters // BAD) == 7:
            lines.append(f"{number}")
            bad.append(len(lines))
            continue
        town = "Atlantis" if number % (letters // SHUT) == 9 else "Львів"
        lines.append(f"{number},{town},{SLOW_SECONDS if number in SLOW else 0}")
    return "\n".join(lines).encode(), bad


@pytest.mark.timeout(1200)
def test_from_a_file_to_no_record_left(walk: Walk) -> None:
    add(walk)
    feed(walk)
    set_up(walk)
    watch(walk)
    speed_up(walk)
    stop(walk)
    go_on(walk)
    replay(walk)


def add(walk: Walk) -> None:
    """Add a processor."""
    page = walk.page
    page.goto("/")
    page.get_by_role("link", name="Processors").first.click()
    if not page.get_by_label("Name", exact=True).is_visible():
        page.get_by_text("Add a processor").click()
    page.get_by_label("Name", exact=True).fill(walk.name)
    page.get_by_label("Title").fill(walk.name.title())
    page.get_by_label("What is done with each record").select_option("Deliver letters")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name=walk.name.title())).to_be_visible()


def feed(walk: Walk) -> None:
    """Take a file in, and read what was wrong with which of its lines."""
    page = walk.page
    content, bad = file_of(walk.letters)
    page.get_by_role("link", name="Take records in").click()
    page.get_by_label("Key").fill("id")
    file = {"name": "letters.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Import").click()

    expect(page.get_by_role("heading", name="Import of letters.csv")).to_be_visible()
    expect(page.get_by_text("The new records wait until the processor runs.")).to_be_visible()
    expect(page.locator("#counts dd")).to_have_text(
        [f"{walk.letters:,}", f"{walk.letters - BAD:,}", "0", f"{BAD}"]
    )
    expect(page.locator("#list th[scope=row]")).to_have_text([f"{line:,}" for line in bad])
    expect(page.locator("#list td").first).to_have_text("It has 1 column, not 3.")
    page.locator(".crumb").get_by_role("link", name=walk.name.title()).click()
    expect(walk.figure("new")).to_have_text(f"{walk.letters - BAD:,}")


def set_up(walk: Walk) -> None:
    """Say how it is to be done."""
    page = walk.page
    page.get_by_label("Pause between cycles").fill("0")
    page.get_by_label("Records in a cycle").fill("10000")
    walk.press("Save the parameters")
    expect(page.get_by_text("The parameters are saved")).to_be_visible()
    page.get_by_label("Town that is shut").fill("Atlantis")
    walk.press("Save the configuration")
    expect(page.get_by_text("The configuration is saved")).to_be_visible()


def watch(walk: Walk) -> None:
    """See it begin, and the figures move on a page that is not loaded again."""
    page = walk.page
    walk.press("Start")
    expect(page.get_by_text("A cycle is under way.")).to_be_visible()
    page.evaluate("window.is_the_same = true")
    expect(walk.figure("running")).to_have_text("2")
    expect(page.locator("#busy tbody tr")).to_have_count(2)
    seen = walk.figure("queued").inner_text()
    expect(walk.figure("queued")).not_to_have_text(seen)
    expect(
        page.get_by_text(re.compile(r"Cycle \d+: [1-9][\d,]* of [\d,]+ handled"))
    ).to_be_visible()
    assert page.evaluate("window.is_the_same")


def speed_up(walk: Walk) -> None:
    """Let eight letters be on their way at once."""
    walk.page.get_by_label("Handled at the same time").fill("8")
    walk.press("Save the parameters")
    expect(walk.figure("running")).to_have_text("8")
    expect(walk.page.locator("#busy tbody tr")).to_have_count(8)


def stop(walk: Walk) -> None:
    """Stop it: from when the page says so nothing begins, and what has begun ends."""
    page = walk.page
    walk.press("Stop")
    # On a machine that is busy, what was in work may have ended before the page is there.
    in_work = page.get_by_text(re.compile(r"[1-8] records? (is|are) in work\."))
    expect(in_work.or_(page.locator(".state.stopped"))).to_be_visible()
    begun = walk.ask("max(started_at)")
    expect(page.locator(".state.stopped")).to_have_text("stopped")
    expect(page.get_by_text("It does nothing until somebody starts it.")).to_be_visible()
    expect(page.get_by_text("Nothing is in work just now.")).to_be_visible()
    page.wait_for_timeout(1000)
    assert walk.ask("max(started_at)") == begun
    assert walk.count("status IN ('queued', 'running')") == 0
    assert walk.count("status = 'new'") > 0
    assert walk.count("status = 'done'") > 0


def go_on(walk: Walk) -> None:
    """Start it again: it goes on with the rest, and does nothing twice."""
    done = walk.letters - BAD - SHUT
    walk.press("Start")
    expect(walk.figure("dead")).to_have_text(f"{SHUT}", timeout=1000 * 300)
    expect(walk.figure("done")).to_have_text(f"{done:,}", timeout=1000 * 300)
    expect(walk.figure("new")).to_have_text("0")
    assert walk.count("attempts = 1") == walk.letters - BAD


def replay(walk: Walk) -> None:
    """Take away what was in the way, and let the dead be done as well."""
    page = walk.page
    page.get_by_label("Town that is shut").fill("")
    walk.press("Save the configuration")
    walk.figure("dead").get_by_role("link").click()
    expect(page.get_by_text("There is no way to that town.")).to_have_count(SHUT)
    page.get_by_label("Tick all on this page").check()
    page.get_by_role("button", name="Handle anew, same key").first.click()
    expect(page.get_by_text(f"{SHUT} records were changed.")).to_be_visible()
    page.locator(".crumb").get_by_role("link", name=walk.name.title()).click()
    expect(walk.figure("done")).to_have_text(f"{walk.letters - BAD:,}")
    expect(walk.figure("dead")).to_have_text("0")
    walk.press("Stop")
    expect(page.locator(".state.stopped")).to_be_visible()
