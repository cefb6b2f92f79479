"""Work that the wordcount queue carries. Runs in a worker; knows nothing of HTTP."""

from app_srvc import db, storage
from app_srvc.jobs import running
from app_srvc.jobs.registry import task
from app_srvc.queues import Queue
from app_srvc.wordcount import repository


@task(Queue.WORDCOUNT, page="wordcount.show")
def count(job_id: str) -> None:
    """Count the words of the text of this job. Running twice is harmless."""
    with db.transaction() as conn:
        text = repository.find(conn, job_id)
    if text is None or text.file_key is None:
        return  # Deleted while it waited; nothing is left to do.

    words = 0
    with storage.open_file(text.file_key) as file:
        for line in file:
            words += len(line.split())

    with db.transaction() as conn:
        running.hold(conn)
        repository.save(conn, job_id, words)
