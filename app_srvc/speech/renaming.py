"""Give a recording another name."""

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.speech.repository import recordings
from app_srvc.uploads import names


def rename(job_id: str, name: str) -> None:
    """Rename the recording of a transcript, and the jobs of all its transcripts with it."""
    # What a person types is a title and no path: of 12/05 nothing is to be cut off.
    cleaned = names.clean(name.replace("/", "\u2215").replace("\\", "\u2216"))
    with db.transaction() as conn:
        siblings = [one.job_id for one in recordings.siblings(conn, job_id)]
        # The jobs first: in the order in which a job that is deleted locks them.
        submission.rename(conn, [job_id, *siblings], cleaned)
        recordings.rename(conn, job_id, cleaned)
