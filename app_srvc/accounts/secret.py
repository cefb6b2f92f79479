"""Secrets that open doors: what people hold, and the hash of it that is kept."""

import hashlib
import hmac
import secrets

from app_srvc import settings


def new() -> str:
    """Return a secret of 256 random bits, fit for an address or a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is kept of a secret. It needs no salt: it cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed(purpose: str, text: str) -> str:
    """Return a hash of something that could be guessed, by whoever does not have SECRET_KEY.

    One purpose's hashes say nothing about another's.
    """
    key = settings.load().secret_key.get_secret_value().encode()
    hashed = f"{purpose}\0{text}".encode("utf-8", "surrogatepass")
    return hmac.new(key, hashed, hashlib.sha256).hexdigest()
