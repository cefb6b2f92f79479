"""Take a file in: it is recorded together with the job that reads it."""

from app_srvc import db, storage
from app_srvc.errors import AppError, Conflict, InvalidForm
from app_srvc.jobs import submission
from app_srvc.jobs.forms import LOOK_AGAIN
from app_srvc.processors import tasks
from app_srvc.processors.importing import reading
from app_srvc.processors.importing.forms import DELIMITERS, FIELD, ImportForm
from app_srvc.processors.importing.items import Format, Options
from app_srvc.processors.repository import imports
from app_srvc.uploads import receiving, taking
from app_srvc.uploads.receiving import Upload
from app_srvc.words import _

# Of the slowest machine that is thought of; a job that takes longer goes on in its next attempt.
BYTES_PER_SECOND = 200_000


def take_in(processor_id: int, upload: Upload, form: ImportForm, owner: str | None) -> str:
    """Queue the import of a file, and return the job's id. One that came before is known.

    Raises:
        InvalidForm: it cannot be read as was said; nothing of it is kept.
        Conflict: the same upload is being taken in by another request.
    """
    if upload.job_id:
        return _known(upload.job_id)
    try:
        form.check()
        options = _options(upload, form)
        with db.transaction() as conn:
            return _record(conn, processor_id, upload, options, owner)
    except (AppError, OSError):
        receiving.drop([upload])
        raise


def _record(
    conn: db.Connection, processor_id: int, upload: Upload, options: Options, owner: str | None
) -> str:
    job_id = submission.new_id()
    submission.submit(
        conn,
        tasks.import_file,
        job_id,
        job_id=job_id,
        owner=owner,
        title=upload.name,
        keys=[upload.file.key],
        timeout_seconds=600 + upload.file.bytes // BYTES_PER_SECOND,
    )
    new = imports.NewImport(job_id, processor_id, upload.file.key, upload.name, options.as_json())
    imports.add(conn, new)
    taking.settle(conn, upload, job_id)
    return job_id


def _options(upload: Upload, form: ImportForm) -> Options:
    if not upload.file.bytes:
        told = _("The file is empty.")
        raise InvalidForm(told, {FIELD: [told]})
    with storage.open_file(upload.file.key) as file:
        kind = Format(form.format.data or reading.guess_format(file))
        delimiter = DELIMITERS.get(form.delimiter.data) or reading.guess_delimiter(file)
        options = Options(
            kind,
            (form.key.data or "").strip(),
            (form.order_key.data or "").strip(),
            delimiter,
            form.header.data == "yes",
            (form.record_path.data or "").strip(),
        )
        faults = reading.check(file, options)
    if faults:
        fields = {name: [sentence] for name, sentence in faults.items()}
        raise InvalidForm(LOOK_AGAIN, fields)
    return options


def _known(job_id: str) -> str:
    """Return the job that an upload has become already."""
    with db.transaction() as conn:
        if imports.find(conn, job_id) is None:
            raise Conflict(_("This upload was used for something else."))
    return job_id
