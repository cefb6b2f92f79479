"""The colours of classes, which the page and the drawing share."""

import re

from app_srvc.detection import palette
from tests.support.workers import ROOT


def test_the_page_has_the_colours_of_the_drawing() -> None:
    css = (ROOT / "static" / "detection" / "detection.css").read_text()

    found = re.findall(r"\.kind-(\d) { --kind: (#[0-9a-f]{6}); }", css)
    assert [colour for _, colour in found] == list(palette.COLOURS)
    assert [int(number) for number, _ in found] == [
        palette.number_of(kind) for kind in range(len(palette.COLOURS))
    ]


def test_dark_words_are_read_on_each_of_them() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in palette.COLOURS:
        assert (light(colour) + 0.05) / (light("#10151b") + 0.05) >= 7
