"""Let MkDocs make a site of all documents: those in docs, and those that lie beside the code.

MkDocs calls the functions by their names. Links are written as they lead in the repository; what
is no page of the site, such as a test, is named there without a link.
"""

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
# Where documents outside of docs are in the site.
OUTSIDE = {
    ROOT / "README.md": "index.md",
    ROOT / "CONTRIBUTING.md": "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md": "CHANGELOG.md",
    ROOT / "openshift" / "README.md": "openshift/README.md",
    ROOT / "openshift" / "README.uk.md": "openshift/README.uk.md",
}

_LINK = re.compile(r"\[(?P<text>[^\[\]]+)\]\((?P<path>[^)\s#:]+)(?:#[^)\s]*)?\)")
# Also of a link around a picture.
_TARGET = re.compile(r"\]\((?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside of docs."""
    for path, address in OUTSIDE.items():
        files.append(File.generated(config, address, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_of_mkdocs: object) -> str:
    """Let links lead to where a page is in the site."""
    beside = Path(str(page.file.abs_src_path)).parent
    folder = Path(page.file.src_uri).parent

    def named(match: re.Match[str]) -> str:
        there = (beside / match["path"]).resolve()
        # What is not there at all is left for MkDocs to complain of.
        return match["text"] if there.exists() and _address(there) is None else match[0]

    def led(match: re.Match[str]) -> str:
        address = _address((beside / match["path"]).resolve())
        if address is None:
            return match[0]
        return f"]({os.path.relpath(address, folder)}{match['anchor'] or ''})"

    return _TARGET.sub(led, _LINK.sub(named, markdown))


def _address(there: Path) -> str | None:
    """Return where something is in the site; None for what it does not have."""
    if there in OUTSIDE:
        return OUTSIDE[there]
    docs = ROOT / "docs"
    return str(there.relative_to(docs)) if there.is_relative_to(docs) and there.exists() else None
