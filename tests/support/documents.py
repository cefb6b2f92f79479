"""What the project's documents tell their readers to type, and where they send them."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.support.workers import ROOT

_BLOCK = re.compile(
    r"^(?P<heading>\#+\ [^\n]+)$"
    r"|^(?:<!--\ (?P<mark>[^\n]+)\ -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_NOT_RUN = "not run: "


class Block(NamedTuple):
    """A fenced block of a document, under its heading.

    A comment before it says how it is run: `stays` for what keeps the terminal, `after Ctrl-C` for
    what comes after that, `not run: …` with the reason.
    """

    heading: str
    mark: str
    language: str
    text: str

    @property
    def why_not_run(self) -> str:
        """The reason why it is not; empty when it is."""
        return self.mark.removeprefix(_NOT_RUN) if self.mark.startswith(_NOT_RUN) else ""


def pages() -> list[Path]:
    """Return all documents that are written by hand."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "openshift").glob("*.md")]
    return sorted(found)


def blocks(page: Path) -> list[Block]:
    """Return a document's blocks in their order."""
    heading, found = "", []
    for match in _BLOCK.finditer(page.read_text("utf-8")):
        if match["heading"]:
            heading = match["heading"].lstrip("# ")
        else:
            found.append(Block(heading, match["mark"] or "", match["language"], match["text"]))
    return found


def links(page: Path) -> list[str]:
    """Return where a document's links lead, without those to other hosts."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    found = [match["target"] for match in _LINK.finditer(text)]
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Return the names under which a document's headings are linked to."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).replace(" ", "-")
        for heading in headings
    }
