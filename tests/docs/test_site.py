"""`make docs` makes a site of all documents, of which nothing leads into the void or elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.documents import pages
from tests.support.workers import ROOT


def test_the_site_is_whole_and_asks_no_other_host(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    made = {
        path.relative_to(tmp_path): path.read_text("utf-8") for path in tmp_path.rglob("*.html")
    }
    assert len(made) == len(pages()) + 1, "and a page for what is not there"
    for path, text in made.items():
        assert not re.search(r"<(script|img|iframe)[^>]*\ssrc=\"(https?:)?//", text), path
        assert not re.search(r"<link[^>]*\shref=\"(https?:)?//", text), path
    for path in tmp_path.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", path.read_text("utf-8")), path
