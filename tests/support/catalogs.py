"""What the sources say, and what the catalogs make of it."""

import io
import re
import subprocess
import sys
import tempfile
from functools import cache

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from app_srvc import words
from tests.support.workers import ROOT

# In Python and templates; in scripts.
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}|(%(?!%))")


@cache
def sources() -> Catalog:
    """Extract what is marked, as `make words` does."""
    makefile = (ROOT / "Makefile").read_text()
    found = re.search(r"pybabel (extract .*) -o \S+ \.$", makefile, re.MULTILINE)
    assert found is not None
    with tempfile.NamedTemporaryFile(suffix=".pot") as file:
        options = [*found.group(1).split(), "-o", file.name, "."]
        command = [sys.executable, "-m", "babel.messages.frontend", *options]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        return read_po(file)


def translations(language: str) -> Catalog:
    """Read the catalog of a language."""
    path = words.FOLDER / language / "LC_MESSAGES" / "messages.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


def messages(catalog: Catalog) -> dict[tuple[str, ...], Message]:
    """Return all messages by their id, with its plural if it has one."""
    return {_texts(message.id): message for message in catalog if message.id}


def said(message: Message) -> tuple[str, ...]:
    """Return the forms of a translation."""
    return _texts(message.string or "")


def placeholders(text: str) -> set[str]:
    """Return what is to be filled in. A sign of per cent that is alone would break it."""
    return {next(filter(None, found)) for found in PLACEHOLDER.findall(text)}


def pseudo(language: str) -> bytes:
    """Return a catalog in which each sentence is said in English, between brackets."""
    catalog = translations(language)
    for message in catalog:
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            message.string = (f"⟦{message.id[1]}⟧",) * catalog.num_plurals
        else:
            message.string = f"⟦{message.id}⟧"
    written = io.BytesIO()
    write_po(written, catalog)
    return written.getvalue()


def _texts(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)
