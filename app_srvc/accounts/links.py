"""Make a one-time link for operators: `python -m app_srvc.accounts.links`."""

import secrets
import sys

from app_srvc import db, settings
from app_srvc.accounts import repository
from app_srvc.errors import DatabaseDown

VALID_MINUTES = 60


def make_link() -> str:
    """Return the path of a new link; whoever opens it first within the hour is an operator."""
    token = secrets.token_urlsafe(32)
    with db.transaction() as conn:
        repository.add_link(conn, token, VALID_MINUTES)
    return f"/operator?token={token}"


def main() -> None:
    """Print a new link."""
    try:
        sys.stdout.write(f"{make_link()}\n")
    except settings.WrongSetting as error:
        sys.exit(str(error))
    except DatabaseDown as error:
        sys.exit(error.sentence)


if __name__ == "__main__":
    main()
