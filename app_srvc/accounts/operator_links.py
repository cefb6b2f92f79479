"""One-time links that make whoever opens them first an operator in that browser."""

from app_srvc import db
from app_srvc.accounts import secret
from app_srvc.accounts.repository import operators

VALID_MINUTES = 60


def make_link() -> str:
    """Return the path of a new link; whoever opens it first within the hour is an operator."""
    token = secret.new()
    with db.transaction() as conn:
        operators.add_link(conn, token, VALID_MINUTES)
    return f"/operator?token={token}"
