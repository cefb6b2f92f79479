"""Read a page as people do: what is written on it, and what is read aloud."""

import json
from html.parser import HTMLParser

# What elements have to say besides their text.
SPOKEN = ("aria-label", "alt", "placeholder", "title")
# What is written there is the same in all languages, or not of the page's.
DATA = {"kbd", "script", "style", "time"}
VOID = {"br", "hr", "img", "input", "link", "meta"}


class Reader(HTMLParser):
    """The texts of a page that are in its own language; `written` is that between its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.written = ""
        self.spoken: list[str] = []
        self._language = ""
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element says, and whether what is in it is to be read."""
        known = dict(attrs)
        self._language = self._language or known.get("lang") or ""
        is_read = tag not in DATA and known.get("lang", self._language) == self._language
        is_read = is_read and all(self._open[-1:])
        if is_read:
            self.spoken += [value for name in SPOKEN if (value := known.get(name))]
        if "data-says" in known:
            self.spoken += _sentences(json.loads(known["data-says"] or "{}"))
        if tag not in VOID:
            self._open.append(is_read)

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Read."""
        if all(self._open[-1:]):
            self.written += data


def unmarked(text: str) -> str:
    """Return what stands outside of all brackets."""
    depth, outside = 0, ""
    for sign in text:
        depth += (sign == "⟦") - (sign == "⟧")
        if depth == 0 and sign != "⟧":
            outside += sign
    assert depth == 0, text
    return outside


def _sentences(listed: dict[str, str | dict[str, str]]) -> list[str]:
    return [
        form
        for said in listed.values()
        for form in (said.values() if isinstance(said, dict) else [said])
    ]
