"""A transcript for a spreadsheet."""

import csv
import io

from app_srvc.speech.sound import Recognised


def tsv(recognised: Recognised) -> bytes:
    """Return one line a segment: where it begins and ends, in milliseconds, and its text.

    Where speakers are named there is a column of them as well.
    """
    has_speakers = any(segment.speaker for segment in recognised.segments)
    out = io.StringIO()
    writer = csv.writer(out, "excel-tab", lineterminator="\n")
    writer.writerow(("start", "end", "text") + ("speaker",) * has_speakers)
    for segment in recognised.segments:
        if segment.words:
            row = (segment.words[0].start_ms, segment.words[-1].end_ms, segment.text)
            writer.writerow(row + (segment.speaker,) * has_speakers)
    return out.getvalue().encode()
