"""Bring the database to this version's tables: `python -m app_srvc.migrate`."""

import logging
import sys
from pathlib import Path

import psycopg2
import psycopg2.extensions
import yoyo

from app_srvc import logs, settings
from app_srvc.errors import CannotStart

MIGRATIONS = Path(__file__).parent / "migrations"

# Any number that no other user of the database locks; "cherha" as a telephone keypad has it.
LOCK = 243742
# For another process that migrates already.
PATIENCE_SECONDS = 300

log = logging.getLogger(__name__)


def migrate() -> int:
    """Apply what is missing and return how many migrations that was.

    Two processes that start at once take turns. yoyo has a lock of its own, a row that stays
    behind when its process is killed and then stops every later start. The advisory lock goes
    with its connection, so whoever holds it may clear such a row away.

    Raises:
        CannotStart: the database cannot be reached, or another process migrates for too long.
    """
    url = settings.load().database_url
    guard = _take_turn(url)
    try:
        backend = yoyo.get_backend(url)
        try:
            backend.break_lock()
            missing = backend.to_apply(yoyo.read_migrations(str(MIGRATIONS)))
            backend.apply_migrations(missing)
            return len(missing)
        finally:
            backend.connection.close()
    finally:
        guard.close()


def _take_turn(url: str) -> psycopg2.extensions.connection:
    """Return a connection that holds the lock."""
    # A migration may take longer than the patience that `db` has.
    psycopg2.extensions.set_wait_callback(None)
    try:
        guard = psycopg2.connect(url)
        with guard.cursor() as cur:
            cur.execute("SET lock_timeout = %s", (f"{PATIENCE_SECONDS}s",))
            cur.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    except psycopg2.OperationalError as error:
        raise CannotStart(f"The database cannot be used: {str(error).strip()}") from error
    return guard


def main() -> None:
    """Migrate, and say in one line what was done or why it could not be."""
    try:
        logs.configure()
        applied = migrate()
    except (settings.WrongSetting, CannotStart) as error:
        sys.exit(str(error))
    log.info("database is up to date, %d migrations applied", applied)


if __name__ == "__main__":
    main()
