"""Set for how long things are kept, and note who did."""

from app_srvc import db, periods
from app_srvc.accounts import access
from app_srvc.errors import Conflict
from app_srvc.periods import Periods, repository
from app_srvc.words import _

CHANGED = _("Somebody else has changed it meanwhile. Look at how it is now, and save again.")


def save(version: int, wanted: Periods) -> None:
    """Let the next sweeps keep things for so long.

    What is the same as in the environment is not set: it follows the environment.

    Raises:
        Conflict: somebody else has changed it since that version.
    """
    theirs = periods.of_environment()
    chosen = tuple(
        None if mine == their else mine for mine, their in zip(wanted, theirs, strict=True)
    )
    with db.transaction() as conn:
        now = periods.in_force(conn)
        if not repository.choose(conn, version, (chosen[0], chosen[1], chosen[2])):
            raise Conflict(CHANGED)
        before, after = now._asdict(), wanted._asdict()
        differing = [name for name in before if before[name] != after[name]]
        if differing:
            repository.note(
                conn,
                access.viewer().name,
                {name: before[name] for name in differing},
                {name: after[name] for name in differing},
            )
