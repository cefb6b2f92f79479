"""What the web needs to do its work, each asked in turn, and what is wrong with it.

The sentences are for whoever reads a platform's events; none of them has an address or a name.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from app_srvc import db, engines, storage
from app_srvc.errors import DatabaseDown, StorageDown, StorageFull, StorageRefused
from app_srvc.health.repository import standing

# As `app_srvc.migrate` has it, which would bring yoyo into every web process.
MIGRATIONS = Path(__file__).parent.parent / "migrations"


class Check(NamedTuple):
    """Whether something is as it should be.

    `wrong` says what is not, in English; nothing can be submitted as long as it `is_needed`.
    """

    name: str
    is_needed: bool
    wrong: str | None

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.wrong is None


def run() -> list[Check]:
    """Ask all of them. Without the queue's server submissions are recorded, and delivered later."""
    return [
        *_database(),
        Check("queue", is_needed=False, wrong=_queue()),
        Check("storage", is_needed=True, wrong=_storage()),
    ]


def has_tables(found: Iterable[Check]) -> bool:
    """Say whether the tables of this version were there to be asked."""
    return all(check.is_ok for check in found if check.name in {"database", "migrations"})


def _database() -> Iterator[Check]:
    wrong = unknown = None
    missing: set[str] = set()
    try:
        with db.transaction() as conn:
            missing = standing.missing_migrations(conn, _migrations())
    except DatabaseDown:
        wrong, unknown = "The database does not answer.", "Without the database nobody knows."
    yield Check("database", is_needed=True, wrong=wrong)
    if missing:
        unknown = (
            f"The database lacks {len(missing)} of this version's {len(_migrations())} migrations:"
            " run python -m app_srvc.migrate."
        )
    yield Check("migrations", is_needed=True, wrong=unknown)


def _queue() -> str | None:
    if all(engine.is_up() for engine in engines.every()):
        return None
    return "The queue's server does not answer; what is submitted is delivered later."


def _storage() -> str | None:
    try:
        storage.current().check()
    except StorageFull:
        return "The volume for files has less room left than MIN_FREE_BYTES."
    except StorageRefused as error:
        return f"The storage of files refuses us. {error.wrong}."
    except StorageDown as error:
        return error.wrong
    except OSError:
        return "The folder for files cannot be used."
    return None


@cache
def _migrations() -> frozenset[str]:
    return frozenset(path.stem for path in MIGRATIONS.glob("*.sql"))
