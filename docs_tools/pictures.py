"""Take the pictures of README from the running product: `python -m docs_tools.pictures`.

What is on them was sent, done and found by the product itself, with the recordings and the picture
that the tests make. It needs a Chromium, takes a minute, and writes docs/pictures.
"""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import media, pictures
from tests.support.product import Product
from tests.support.workers import PATIENCE_SECONDS, ROOT

FOLDER = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 900, 680
COLOURS = 128
TALK = ["house.flac", "water.flac", "weather.flac"]
RECORDS = 240


def main() -> None:
    """Start the product, do a day's work with it, and take a picture of each page."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cherha-") as name, running(Path(name)) as product:
        files = Path(name) / "sent"
        files.mkdir()
        work = made(files)
        with opened() as browser:
            page = browser.new_page(
                base_url=product.url, viewport={"width": WIDTH, "height": HEIGHT}
            )
            page.set_default_timeout(1000 * PATIENCE_SECONDS)
            become_operator(page, product)
            send(page, "/stt/", "Transcribe", work["months"])
            send(page, "/stt/", "Transcribe", work["talk"])
            transcript(page)
            page.get_by_role("link", name="Details of the job").click()
            page.get_by_text("Attempt 1 began.").wait_for()
            take(page, "job")
            send(page, "/detect/", "Look for objects", work["picture"])
            detection(page)
            records(page, work["letters"])
            for view, address in {"overview": "/ops/", "home": "/"}.items():
                page.goto(address)
                take(page, view)
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


@contextmanager
def running(home: Path) -> Iterator[Product]:
    """Run the product as `make run` does, in a folder of its own."""
    product = Product(home / "home", workers=2)
    product.start()
    try:
        yield product
    finally:
        product.stop()


@contextmanager
def opened() -> Iterator[Browser]:
    """Start a browser."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    expect.set_options(timeout=1000 * PATIENCE_SECONDS)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


def made(folder: Path) -> dict[str, Path]:
    """Make two recordings, a picture and a table of letters."""
    paths = {
        "talk": folder / "The house by the water.flac",
        "months": folder / "Months.flac",
        "picture": folder / "Two people.png",
        "letters": folder / "letters.csv",
    }
    for name, parts in {"talk": TALK, "months": ["months.flac"]}.items():
        paths[name].write_bytes(media.encode(media.joined(parts), "flac", "flac"))
    pictures.scene().save(paths["picture"])
    lines = ["id,town", *(f"{number},Львів" for number in range(1, RECORDS + 1))]
    paths["letters"].write_text("\n".join(lines))
    return paths


def become_operator(page: Page, product: Product) -> None:
    """Use the link that is printed at the start."""
    page.goto(next(line for line in product.lines if "/operator?token=" in line).split()[-1])
    page.get_by_role("button", name="Become an operator").click()
    page.wait_for_url(lambda url: "token=" not in url)


def send(page: Page, address: str, button: str, file: Path) -> None:
    """Send a file with the form at an address, and wait for the page of its job."""
    page.goto(address)
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name=file.name)).to_be_visible()


def transcript(page: Page) -> None:
    """Show a whole transcript, with a word that was chosen."""
    words = page.locator("#transcript .word")
    expect(words).to_have_count(len(media.text_of(TALK).split()))
    words.nth(4).click()
    page.get_by_role("link", name="Download text").wait_for()
    words.last.scroll_into_view_if_needed()
    take(page, "transcript")


def detection(page: Page) -> None:
    """Show what was found in a picture."""
    expect(page.locator("#picture rect.edge").first).to_be_visible()
    page.locator("#picture").scroll_into_view_if_needed()
    take(page, "detection")


def records(page: Page, file: Path) -> None:
    """Take records in, and show the processor that has handled them."""
    page.goto("/processors/")
    page.get_by_label("Name", exact=True).fill("letters")
    page.get_by_label("Title").fill("Letters")
    page.get_by_label("What is done with each record").select_option("log")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name="Take records in").click()
    page.get_by_label("Key").fill("id")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("The new records wait until the processor runs.")).to_be_visible()
    page.goto("/processors/letters")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".figures .done dd")).to_have_text(str(RECORDS))
    take(page, "records")


def take(page: Page, name: str) -> None:
    """Take a picture of the window. A few colours are enough, as most of it is flat."""
    page.mouse.move(0, 0)
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
