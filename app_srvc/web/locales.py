"""Pages and answers in the reader's language: chosen by account, by cookie, or by the browser."""

from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from babel import Locale
from flask import Flask, Response, g, has_request_context, request, url_for
from flask.json.tag import JSONTag, TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel, Domain

from app_srvc import words
from app_srvc.accounts import access
from app_srvc.errors import DatabaseDown, WrongToken
from app_srvc.words import Sentence

COOKIE = "language"
COOKIE_SECONDS = 365 * 86400

# Among so many numbers each form of a plural has one.
PLURAL_NUMBERS = 200

# Who reads Chinese of another script, or of no named one, is served best with what there is.
_OF_BROWSERS = {"en": words.ENGLISH, "uk": "uk", "zh": "zh_Hant"}


def init(app: Flask) -> None:
    """Let all that the application writes be in the reader's language."""
    _Babel(app, default_timezone="UTC", locale_selector=language)
    words.ask_reader(language)
    app.session_interface = _Sessions()
    app.after_request(_say_language)
    app.jinja_env.globals.update(
        languages=words.LANGUAGES,
        language=language,
        language_tag=tag,
        page_address=page_address,
        plurals=plurals,
    )


def language() -> str:
    """Return the language of whoever sent this request; English where there is no request."""
    if not has_request_context():
        return words.ENGLISH
    if "language" not in g:
        chosen = _of_account() or request.cookies.get(COOKIE)
        g.language = chosen if chosen in words.LANGUAGES else _of_browser()
    found: str = g.language
    return found


def tag(name: str | None = None) -> str:
    """Return a language, the reader's if none is named, as HTML and HTTP write it: zh-Hant."""
    return (name or language()).replace("_", "-")


def plurals(singular: str, plural: str) -> dict[str, str]:
    """Return a sentence in each form that the reader's language has, under CLDR's name for it.

    A script chooses between them: the browser knows the names, too.
    """
    catalog = words.catalog(language())
    return {
        form: catalog.ngettext(singular, plural, number)
        for form, number in _numbers_of_forms(language()).items()
    }


def page_address() -> str:
    """Return where the page can be opened again that is being made."""
    if request.method in {"GET", "HEAD"}:
        query = request.query_string.decode("latin1")
        return quote(request.path) + (f"?{query}" if query else "")
    # The answer to a form has no address of its own; the page with the form has.
    sent_from = urlsplit(request.referrer or "")
    return sent_from.path if sent_from.netloc == request.host else url_for("home.index")


@cache
def _numbers_of_forms(name: str) -> dict[str, int]:
    form_of = Locale.parse(name).plural_form
    return {form_of(number): number for number in reversed(range(PLURAL_NUMBERS))}


def _of_account() -> str | None:
    """Return what was chosen for an account; for an error page, whoever asks may be unknown."""
    try:
        return access.viewer().language
    except (WrongToken, DatabaseDown):
        return None


def _of_browser() -> str:
    """Return the first of the languages that the browser asks for and that there is."""
    for wanted, quality in request.accept_languages:
        known = _OF_BROWSERS.get(wanted.replace("_", "-").lower().partition("-")[0])
        if known and quality > 0:
            return known
    return words.ENGLISH


def _say_language(response: Response) -> Response:
    """Say in which language the answer is, if it has words at all, and what that depended on."""
    if "language" in g:
        response.headers["Content-Language"] = tag()
        response.vary.update(("Accept-Language", "Cookie"))
    return response


class _Domain(Domain):
    """Flask-Babel's way to the catalogs, which `words` has loaded."""

    def get_translations(self) -> Any:
        return words.catalog(language())


class _Babel(Babel):
    domain_instance = _Domain()


class _TagSentence(JSONTag):
    """Keeps a sentence in the session whole: a flashed one is told on the next page."""

    __slots__ = ()
    key = " w"

    def check(self, value: Any) -> bool:
        return isinstance(value, Sentence)

    def to_json(self, value: Any) -> Any:
        return words.pack(value)

    def to_python(self, value: Any) -> Any:
        return words.unpack(value)


class _Serializer(TaggedJSONSerializer):
    # Before the others: one of them would take it for HTML.
    default_tags = [_TagSentence, *TaggedJSONSerializer.default_tags]  # noqa: RUF012  # As Flask's.


class _Sessions(SecureCookieSessionInterface):
    serializer = _Serializer()
