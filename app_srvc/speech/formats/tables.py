"""A transcript for a spreadsheet."""

import csv
import io

from app_srvc.speech.sound import Recognised


def tsv(recognised: Recognised) -> bytes:
    """Return one line a segment: where it begins and ends, in milliseconds, and its text."""
    out = io.StringIO()
    writer = csv.writer(out, "excel-tab", lineterminator="\n")
    writer.writerow(("start", "end", "text"))
    for segment in recognised.segments:
        if segment.words:
            writer.writerow((segment.words[0].start_ms, segment.words[-1].end_ms, segment.text))
    return out.getvalue().encode()
