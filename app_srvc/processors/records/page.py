"""The page of a record, and the change of what is in it."""

from flask import render_template

from app_srvc import db, numbers
from app_srvc.errors import Conflict, InvalidForm, NotFound
from app_srvc.processors import controlling, presenting
from app_srvc.processors.records import payload
from app_srvc.processors.records.rehearsing import Rehearsal
from app_srvc.processors.repository import audit, history, payloads
from app_srvc.processors.repository.history import Archived, Record
from app_srvc.words import Sentence, _

IN_WORK = ("queued", "running")


def find(name: str, record_id: int) -> Record:
    """Return a record of a processor.

    Raises:
        NotFound: there is none.
    """
    with db.transaction() as conn:
        known = controlling.find(conn, name)
        found = history.find(conn, known.id, record_id) if record_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such record."))
    return found


def of(
    name: str,
    record_id: int,
    *,
    text: str | None = None,
    wrong: Sentence | str | None = None,
    tried: Rehearsal | None = None,
) -> str:
    """Return the page; a change that was refused is on it as it was sent.

    Raises:
        NotFound: there is no such record.
    """
    archived = _find_archived(name, record_id)
    if archived is not None:
        return render_template(
            "processors/archived.html", it=presenting.find(name), record=archived
        )
    record = find(name, record_id)
    with db.transaction() as conn:
        limit = max(payload.SHOWN_BYTES, payload.EDITED_BYTES) + 1
        media_type, body = payloads.body(conn, record.id, limit) or ("", b"")
        attempts = history.attempts(conn, record.id)
        steps, lines = history.steps(conn, record.id), history.lines(conn, record.id)
        versions = payloads.versions(conn, record.id)
    is_editable = record.status not in IN_WORK and record.size <= payload.EDITED_BYTES
    return render_template(
        "processors/record.html",
        it=presenting.find(name), record=record, attempts=attempts, steps=steps, lines=lines,
        versions=versions, shown=payload.show(media_type, body[: payload.SHOWN_BYTES], record.size),
        text=text if text is not None or not is_editable else payload.text_of(media_type, body),
        wrong=wrong, tried=tried, statuses=presenting.STATUSES, outcomes=presenting.OUTCOMES,
        step_states=presenting.STEPS,
    )  # fmt: skip


def edit(record: Record, text: str, versions: str) -> None:
    """Put a text into a record.

    Raises:
        InvalidForm: it is not what the record says that it is.
        Conflict: the record is in work, or somebody else has changed it meanwhile.
    """
    if len(text) > payload.EDITED_BYTES or "\0" in text:
        raise InvalidForm(_("That cannot be saved here."))
    with db.transaction() as conn:
        media_type, before = payloads.body(conn, record.id) or ("", b"")
        body = payload.edited(media_type, before, text)
        told = numbers.read(versions)
        seen = record._replace(versions=-1 if told is None else told)
        if record.status in IN_WORK or not payloads.replace_body(
            conn, seen, body, controlling.actor()
        ):
            raise Conflict(_("It is in work, or somebody else has changed it meanwhile."))
        audit.note(
            conn, record.processor_id, controlling.actor(), "edit", of=str(record.id),
            before={"bytes": len(before)}, after={"bytes": len(body)},
        )  # fmt: skip


def _find_archived(name: str, record_id: int) -> Archived | None:
    with db.transaction() as conn:
        known = controlling.find(conn, name)
        return history.find_archived(conn, known.id, record_id) if record_id < 2**63 else None
