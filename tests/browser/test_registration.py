"""Becoming somebody: register, read the mail, set a password, find one's work, let a program in."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.recordings import FOLDER
from tests.support.smtp import MailServer
from tests.support.web import Web
from tests.support.workers import PATIENCE_SECONDS, Workers, wait_for

PASSWORD = "four plain words together"


@pytest.fixture
def web(database: None, smtp_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Start a web process that knows of a mail server."""
    monkeypatch.setenv("SMTP_URL", smtp_server.url)
    monkeypatch.setenv("MAIL_FROM", "cherha@example.org")
    monkeypatch.setenv("PUBLIC_URL", "http://localhost")
    web = Web()
    yield web
    web.stop()


@pytest.fixture
def registrar(workers: Workers, web: Web) -> None:
    """Start the workers, whose mails name this web process."""
    workers.start("usrregworker.py")
    workers.start("mailworker.py", PUBLIC_URL=web.url)
    workers.start()


@pytest.fixture(params=["with scripts", "without scripts", "on a phone"])
def visitor(request: pytest.FixtureRequest, browser: Browser, web: Web) -> Iterator[Page]:
    """Open a window of a new visitor, in each of three kinds of browser."""
    width = 390 if request.param == "on a phone" else 1100
    context = browser.new_context(
        base_url=web.url,
        viewport={"width": width, "height": 800},
        java_script_enabled=request.param != "without scripts",
    )
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    yield context.new_page()
    context.close()


def link_in(mail: MailServer, number: int) -> str:
    """Wait for a mail, and return the link in it."""
    wait_for(lambda: len(mail.messages()) > number)
    message = mail.messages()[number]
    found = re.search(r"http://\S+/password\?token=\S+", message.get_content())
    assert found is not None
    return found.group()


def no_wider_than_the_window(page: Page) -> None:
    """See that nothing has to be scrolled sideways."""
    size = page.viewport_size
    assert size is not None
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= size["width"]


def register(page: Page) -> None:
    """Fill in the form, at first with nothing."""
    page.get_by_role("link", name="Register").click()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Please choose a login.")).to_be_visible()
    no_wider_than_the_window(page)
    for label, value in (
        ("First name", "Олена"), ("Last name", "Коваль"), ("Login", "olena"),
        ("E-mail", "olena@example.org"), ("Telephone", "+380 44 123 45 67"),
    ):  # fmt: skip
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Now look into your mail")).to_be_visible()
    no_wider_than_the_window(page)


def set_password(page: Page) -> None:
    """Fill in the page behind the link."""
    expect(page.get_by_text("Your login is olena")).to_be_visible()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your password is set")).to_be_visible()


def log_in(page: Page) -> None:
    """Log in, at first with a wrong password."""
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Login or e-mail").fill("olena")
    page.get_by_label("Password").fill("not this one")
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Login or password is wrong.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Hello, Олена.")).to_be_visible()


def make_token(page: Page) -> str:
    """Make a token on the page of the account, and return it."""
    page.get_by_role("link", name="olena").click()
    no_wider_than_the_window(page)
    page.get_by_label("What it is for").fill("my script")
    page.get_by_label("See my jobs").check()
    page.get_by_role("button", name="Make a token").click()
    no_wider_than_the_window(page)
    return page.get_by_label("Token").input_value()


@pytest.mark.usefixtures("registrar")
def test_a_guest_becomes_somebody_and_lets_a_program_in(
    visitor: Page, web: Web, smtp_server: MailServer
) -> None:
    page = visitor
    page.goto("/stt/")
    page.get_by_label("Recordings").set_input_files(FOLDER / "days.flac")
    page.get_by_role("button", name="Transcribe").click()
    expect(page.get_by_role("heading", name="days.flac")).to_be_visible()

    register(page)
    page.goto(link_in(smtp_server, 0))
    set_password(page)
    expect(page.get_by_role("link", name="days.flac")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.goto("/jobs/")
    expect(page.get_by_role("link", name="days.flac")).to_have_count(0)

    log_in(page)
    page.get_by_role("link", name="days.flac").first.click()
    expect(page.get_by_text("monday tuesday")).to_be_visible()
    token = make_token(page)
    assert [job["title"] for job in listed_by_curl(web, token)] == ["Registration", "days.flac"]

    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token is worthless now.")).to_be_visible()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def listed_by_curl(web: Web, token: str) -> list[dict[str, str]]:
    """Ask for the list of jobs as a program does, and return it, newest first."""
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    command = ["curl", "-fsS", "-H", f"Authorization: Bearer {token}", f"{web.url}/api/jobs"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    jobs: list[dict[str, str]] = json.loads(told)["jobs"]
    return jobs
