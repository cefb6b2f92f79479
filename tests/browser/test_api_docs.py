"""The description of the API in a browser: read without a script, and tried with one."""

from playwright.sync_api import Page, expect


def test_an_operation_is_read_and_then_tried(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="For programs").click()
    page.locator("#jobs_api_index_get summary").click()
    expect(page.locator("#jobs_api_index_get")).to_contain_text("limit query, integer")

    page.get_by_role("link", name="Try it in the browser").click()
    page.wait_for_url("**/api/docs/try")
    alive = page.locator('[id$="health_alive_get"]')
    alive.get_by_role("button", name="GET /healthz").first.click()
    alive.get_by_role("button", name="Try it out").click()
    alive.get_by_role("button", name="Execute").click()
    expect(alive.locator(".live-responses-table .response").first).to_contain_text("ok")
