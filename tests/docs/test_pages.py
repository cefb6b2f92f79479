"""Links of the documents lead somewhere; their commands are run, or say why they are not."""

from pathlib import Path

import pytest

from tests.support.documents import Block, anchors, blocks, links, pages
from tests.support.workers import ROOT

PAGES = pages()
# What tests/docs/test_commands.py types; the recipe for services is tried beside it.
RUN = {ROOT / "README.md", *(ROOT / "docs" / "how-to").glob("*.md")}
# Its commands need a cluster; tests/deployment has its tests.
OF_A_CLUSTER = {ROOT / "openshift" / "README.md", ROOT / "openshift" / "README.uk.md"}


def name_of(page: Path) -> str:
    """Return what a page is called in this repository."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_what_is_there(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_command_is_run_or_says_why_not(page: Path) -> None:
    commands = [block for block in blocks(page) if block.language == "sh"]
    if page not in RUN | OF_A_CLUSTER:
        assert [block for block in commands if not block.why_not_run] == []
    for block in commands:
        assert block.mark in {"", "stays", "after Ctrl-C"} or block.why_not_run


def test_each_promise_names_what_proves_it() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    promises = text[text.index("## The promises") : text.index("## Beside what")].split("\n1. ")[1]

    numbered = promises.replace("\n\n`make test`", "\n8. ").split("*Proof:*")
    assert len(numbered) == 8
    assert all("](tests/" in proof for proof in numbered[1:])


def test_every_page_is_led_to_from_readme() -> None:
    led_to, new = set(), {ROOT / "README.md"}
    while new:
        led_to |= new
        found = {page.parent / link.partition("#")[0] for page in new for link in links(page)}
        new = {it.resolve() for it in found if it.suffix == ".md"} - led_to

    assert [name_of(page) for page in PAGES if page not in led_to] == []


def test_marks_are_read() -> None:
    found = blocks(ROOT / "README.md")

    assert found[0] == Block("Try it", "stays", "sh", "make run\n")
    assert found[1] == Block("Try it", "", "sh", "make test\n")
