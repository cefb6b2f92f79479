"""Say by hand who speaks in a recording."""

from collections.abc import Mapping, Sequence

from app_srvc import db
from app_srvc.db import Connection
from app_srvc.errors import Conflict, InvalidForm, NotFound
from app_srvc.jobs.repository.reading import Job
from app_srvc.speech.document.editing import clean
from app_srvc.speech.document.repository import speakers
from app_srvc.speech.document.speaking import END_MS
from app_srvc.words import _

LONGEST_NAME = 60
MOST_SPEAKERS = 100


def assign(
    job: Job, said: Sequence[tuple[int, int]], speaker: int | None, name: str, *, between: bool
) -> None:
    """Let sentences be somebody's: that of a number, one with a new name, or nobody's.

    `said` is when each begins and stops; with `between`, all that lies between the first and the
    last is theirs as well.

    Raises:
        InvalidForm: a field is wrong.
        Conflict: it is still being transcribed.
        NotFound: the transcript, or the speaker, is gone.
    """
    if not said:
        raise InvalidForm(wrong := _("Please tick at least one sentence."), {"said": [wrong]})
    if between:
        said = [(min(one[0] for one in said), max(one[1] for one in said))]
    with db.transaction() as conn:
        _lock(conn, job)
        known = speakers.of(conn, job.id)
        if wanted := clean(name):
            _check(wanted)
            if len(known) >= MOST_SPEAKERS:
                raise Conflict(_("A recording has at most %(max)s speakers.", max=MOST_SPEAKERS))
            speaker = speakers.add(conn, job.id, wanted)
        elif speaker is not None and speaker not in {one.number for one in known}:
            raise NotFound(_("That speaker is gone. Please load the page again."))
        for start_ms, stop_ms in said:
            speakers.say(conn, job.id, start_ms, min(stop_ms, END_MS), speaker)


def rename(job: Job, names: Mapping[int, str]) -> None:
    """Give speakers other names. Without a name one is forgotten, and what they said is nobody's.

    Raises:
        InvalidForm: a name is too long, or two would have the same.
        Conflict: it is still being transcribed.
        NotFound: the transcript is gone.
    """
    wanted = {number: clean(name) for number, name in names.items()}
    with db.transaction() as conn:
        _lock(conn, job)
        there = {one.number: one.name for one in speakers.of(conn, job.id)}
        wanted = {number: name for number, name in wanted.items() if number in there}
        left = [name for name in (there | wanted).values() if name]
        for number, name in wanted.items():
            if name:
                _check(name, f"name-{number}")
            if left.count(name) > 1:
                wrong = _("There is another speaker of that name.")
                raise InvalidForm(wrong, {f"name-{number}": [wrong]})
        speakers.remove(conn, job.id, [number for number, name in wanted.items() if not name])
        speakers.rename(conn, job.id, {number: name for number, name in wanted.items() if name})


def _lock(conn: Connection, job: Job) -> None:
    if not job.state.has_ended:
        raise Conflict(_("It is still being transcribed. It can be corrected once that has ended."))
    if not speakers.lock(conn, job.id):
        raise NotFound(_("There is no transcript of that job."))


def _check(name: str, field: str = "name") -> None:
    if len(name) > LONGEST_NAME:
        wrong = _("A name has at most %(max)s characters.", max=LONGEST_NAME)
        raise InvalidForm(wrong, {field: [wrong]})
