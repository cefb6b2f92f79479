"""Delete a job so that it can be brought back for a while.

It is out of sight at once, its page, its files and links to it as well. Its row and its files go
when it cannot be brought back any more, or earlier, where all jobs of its age go.
"""

from app_srvc import db, settings
from app_srvc.accounts import access
from app_srvc.errors import Conflict, NotFound
from app_srvc.jobs.repository import undoing
from app_srvc.jobs.repository.undoing import Deleted
from app_srvc.words import _


def put_aside(job_id: str) -> None:
    """Delete a job that has ended, for a while in which that can be undone.

    Raises:
        Conflict: it has not ended; it has to be cancelled first.
    """
    with db.transaction() as conn:
        if not undoing.put_aside(conn, job_id):
            raise Conflict(_("The job has not ended yet. Cancel it first."))


def bring_back(job_id: str) -> None:
    """Undo the deletion of a job that whoever asks may see. Twice is as good as once.

    Raises:
        NotFound: it is gone for good, or it was somebody else's.
    """
    minutes = settings.load().undo_minutes
    with db.transaction() as conn:
        deleted = undoing.find(conn, job_id, minutes)
        if deleted is None or not access.viewer().may_see(deleted.owner):
            raise NotFound(_("There is no such job, or it is not yours."))
        undoing.bring_back(conn, job_id, minutes)


def mine(task: str | None = None, also: str | None = None) -> list[Deleted]:
    """Return what whoever asks can bring back, or of one kind of jobs only, deleted last first.

    `also` is a job that they have deleted, whosever it was.
    """
    viewer, minutes = access.viewer(), settings.load().undo_minutes
    with db.transaction() as conn:
        found = undoing.of_owner(conn, viewer.owner, task, minutes) if viewer.owner else []
        other = undoing.find(conn, also, minutes) if also else None
    if other and other.owner != viewer.owner and viewer.may_see(other.owner):
        found.insert(0, other)
    return found


def is_possible() -> bool:
    """Say whether a deletion can be undone at all."""
    return settings.load().undo_minutes > 0
