"""A transcript as it is to be read: corrected, and with its speakers."""

from app_srvc.db import Connection
from app_srvc.speech.document import speaking
from app_srvc.speech.document.repository import speakers
from app_srvc.speech.repository import segments
from app_srvc.speech.sound import Segment


def read(
    conn: Connection, job_id: str, after: int = -1, *, original: bool = False
) -> list[Segment]:
    """Return what was recognised behind a position, in pieces of one speaker each.

    The `original` is what was heard, whatever has been corrected.
    """
    done = segments.done(conn, job_id, after, original=original)
    return speaking.by_speaker(done, speakers.turns(conn, job_id))
