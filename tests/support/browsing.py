"""What tests of pages do in a browser."""

from flask import Flask
from playwright.sync_api import Error, Page

from tests.support.accounts import logged_in, member
from tests.support.web import Web


def enter(window: Page, app: Flask, web: Web, login: str = "olena") -> None:
    """Let an operator come in."""
    cookie = logged_in(app, member(login, role="operator")).get_cookie("cherha")
    assert cookie is not None
    window.context.add_cookies([{"name": "cherha", "value": cookie.value, "url": web.url}])


def unfold(window: Page) -> None:
    """Open what is folded. A page that hears that something was added loads itself anew first."""
    hidden = window.locator("main details")
    for is_last in (False, True):
        try:
            hidden.evaluate_all("all => all.forEach(one => { one.open = true; })")
        except Error:
            if is_last:
                raise
            window.wait_for_load_state()
