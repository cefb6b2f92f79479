"""Sentences for people, and the languages that people read.

A sentence is often made where nobody's language is known: in a worker, or in an error that is
raised deep in the code. So it stays what it was marked as, English with its values, until it is
shown.
"""

import html
import io
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
# What each is called by those who speak it. The codes are Babel's, and the catalogs' folders'.
LANGUAGES = {ENGLISH: "English", "uk": "Українська", "zh_Hant": "繁體中文"}

FOLDER = Path(__file__).parent / "translations"

# Between a stored sentence's English and what it is made of. Nothing that is shown has it.
_SEPARATOR = "\x1e"

_language_of_reader: Callable[[], str] = lambda: ENGLISH  # noqa: E731  # See `ask_reader`.


class Sentence(str):
    """A sentence in English that can be said in other languages as well.

    `values` stand in its text as `%(name)s`; numbers are written as each language does, and a
    sentence among them in the language of the whole. `plural` is its form for all numbers but 1.
    """

    msgid: str
    plural: str | None
    values: Mapping[str, Any]

    def __new__(
        cls, msgid: str, values: Mapping[str, Any] | None = None, plural: str | None = None
    ) -> "Sentence":
        """Make it of what catalogs know it by, with the number that decides as the value `num`."""
        values = values or {}
        form = msgid if plural is None or values["num"] == 1 else plural
        written = {name: _in_english(value) for name, value in values.items()}
        new = super().__new__(cls, form % written if values else form)
        new.msgid, new.plural, new.values = msgid, plural, values
        return new

    def __mod__(self, values: Any) -> "Sentence":
        """Fill in values later, as WTForms' validators do with their messages."""
        return Sentence(self.msgid, {**self.values, **values}, self.plural)

    def __html__(self) -> str:
        """Let templates, labels and their like write it in the reader's language."""
        return html.escape(tell(self))


def _(msgid: str, /, **values: Any) -> Sentence:
    """Mark a sentence for translation."""
    return Sentence(msgid, values)


def ngettext(singular: str, plural: str, num: int, /, **values: Any) -> Sentence:
    """Mark a sentence that depends on a number, which is its value `num`."""
    return Sentence(singular, {"num": num, **values}, plural)


def join(*sentences: Sentence) -> Sentence:
    """Put sentences one behind the other, as a text in which each is still one."""
    whole = sentences[0]
    for one in sentences[1:]:
        whole = _("%(first)s %(second)s", first=whole, second=one)
    return whole


def translate(text: str, language: str) -> str:
    """Say a sentence in a language; any other text stays as it is."""
    if not isinstance(text, Sentence) or not text.msgid:
        return text
    if language == ENGLISH:
        return str(text)
    if text.plural is None:
        form = catalog(language).gettext(text.msgid)
    else:
        form = catalog(language).ngettext(text.msgid, text.plural, text.values["num"])
    if not text.values:
        return str(form)
    return str(form % {name: _written(value, language) for name, value in text.values.items()})


def tell(text: str) -> str:
    """Say a sentence in the language of whoever reads what this thread writes."""
    return translate(text, reader())


def reader() -> str:
    """Return the language of whoever reads what this thread writes; English if nobody knows."""
    return _language_of_reader()


def ask_reader(language: Callable[[], str]) -> None:
    """Let `language` say, whenever it is asked, which one the reader understands."""
    global _language_of_reader  # noqa: PLW0603  # It is one product for all of the process.
    _language_of_reader = language


def pack(text: str) -> str:
    """Return a sentence as a text that `unpack` makes it of again, to be stored.

    Its English stands first, for whoever reads the row itself; without values it is all there is.
    """
    if not isinstance(text, Sentence) or not text.values:
        return str(text)
    return f"{text}{_SEPARATOR}{json.dumps(_parts(text), ensure_ascii=False)}"


def unpack(text: str) -> Sentence:
    """Return the sentence that was packed. One that no catalog knows is said as it stands."""
    told, separator, parts = text.rpartition(_SEPARATOR)
    if not separator:
        return Sentence(text)
    try:
        return _whole(json.loads(parts))
    except (ValueError, LookupError, TypeError):
        return Sentence(told)


@cache
def catalog(language: str) -> Any:
    """Return the translations of a language, in the shape of `babel.support.Translations`.

    They are compiled here, in some hundredths of a second: so there is no compiled file that
    could be missing, or older than its source.
    """
    from babel import support  # noqa: PLC0415  # Workers say nothing in another language, mostly.
    from babel.messages import mofile, pofile  # noqa: PLC0415

    if language == ENGLISH:
        return support.NullTranslations()
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = pofile.read_po(file, locale=language)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, messages)
    compiled.seek(0)
    return support.Translations(compiled)


def _in_english(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _written(value: Any, language: str) -> str:
    if isinstance(value, int | float):
        from babel.numbers import format_decimal  # noqa: PLC0415  # As above.

        return format_decimal(value, locale=language)
    return translate(value, language) if isinstance(value, str) else str(value)


def _parts(text: Sentence) -> dict[str, Any]:
    values = {
        name: _parts(value) if isinstance(value, Sentence) else value
        for name, value in text.values.items()
    }
    return {"msgid": text.msgid, "values": values, "plural": text.plural}


def _whole(parts: dict[str, Any]) -> Sentence:
    values = {
        name: _whole(value) if isinstance(value, dict) else value
        for name, value in parts["values"].items()
    }
    return Sentence(parts["msgid"], values, parts["plural"])
