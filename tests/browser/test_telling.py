"""Somebody who waits for a job hears of its end: in the browser, and only after they have asked."""

from flask import Flask
from playwright.sync_api import Page, expect

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.jobs.repository import changes, outcomes
from tests.support import tasks
from tests.support.accounts import logged_in, member
from tests.support.pictures import encoded, portrait
from tests.support.rows import scalar
from tests.support.web import Web
from tests.support.workers import wait_for

# What the browser would show, and that it was asked for.
TOLD = """
window.told = [];
const Real = window.Notification;
window.Notification = class extends Real {
  constructor(title, options) { super(title, options); window.told.push(title); }
};
"""


def enter(page: Page, app: Flask, web: Web) -> str:
    """Let somebody come in who has an account, and return their job, which waits."""
    user = member("olena")
    cookie = logged_in(app, user).get_cookie("cherha")
    assert cookie is not None
    page.context.add_cookies([{"name": "cherha", "value": cookie.value, "url": web.url}])
    job_id = submission.new_id()
    with db.transaction() as conn:
        submission.submit(
            conn, tasks.count, "/dev/null", job_id=job_id, owner=f"user:{user}", title="talk.mp3"
        )
        changes.take(conn, job_id, "host-1-a")
    return job_id


def end(job_id: str) -> None:
    """Let the job end."""
    with db.transaction() as conn:
        outcomes.finish(conn, job_id, 1)


def test_the_browser_tells_who_has_pressed_the_button(page: Page, app: Flask, web: Web) -> None:
    page.context.grant_permissions(["notifications"])
    page.add_init_script(TOLD)
    job_id = enter(page, app, web)
    page.goto(f"/jobs/{job_id}")
    button = page.get_by_role("button", name="Tell me in this browser when it is done")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")

    end(job_id)
    expect(page.get_by_text("Done.")).to_be_visible()
    wait_for(lambda: page.evaluate("window.told.length"))
    assert page.evaluate("window.told") == ["talk.mp3: Done."]
    expect(button).to_be_hidden()


def test_who_has_not_pressed_it_is_told_nothing_and_a_list_tells_too(
    page: Page, app: Flask, web: Web
) -> None:
    page.context.grant_permissions(["notifications"])
    page.add_init_script(TOLD)
    job_id = enter(page, app, web)
    page.goto("/jobs/")
    end(job_id)
    expect(page.locator("main table")).to_contain_text("finished")
    assert page.evaluate("window.told") == []

    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("UPDATE jobs SET state = 'running', ended_at = NULL, lease_until = now()")
    page.goto("/jobs/")
    page.get_by_role("button", name="Tell me in this browser when they are done").click()
    end(job_id)
    wait_for(lambda: page.evaluate("window.told.length"))
    assert page.evaluate("window.told") == ["talk.mp3: finished"]


def test_a_mail_is_asked_for_without_scripts(plain: Page, app: Flask, web: Web) -> None:
    job_id = enter(plain, app, web)
    plain.goto(f"/jobs/{job_id}")
    plain.get_by_role("button", name="Mail me when it is done").click()
    expect(plain.get_by_text("A mail will tell you when it is done.")).to_be_visible()
    assert scalar("SELECT count(*) FROM mail_wishes") == 1

    plain.get_by_role("button", name="Send no mail").click()
    expect(plain.get_by_role("button", name="Mail me when it is done")).to_be_visible()
    assert scalar("SELECT count(*) FROM mail_wishes") == 0


def test_a_copied_picture_is_pasted_and_its_mail_ticked(page: Page, app: Flask, web: Web) -> None:
    enter(page, app, web)
    page.goto("/detect/")
    page.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
          document.body.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        list(encoded(portrait())),
    )
    expect(page.locator("#files li")).to_contain_text("image.png")
    page.get_by_label("Mail me when it is done").check()
    page.get_by_role("button", name="Look for objects").click()

    page.wait_for_url("**/detect/*-*")
    expect(page.get_by_text("A mail will tell you when it is done.")).to_be_visible()
