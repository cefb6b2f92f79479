"""Configurations without secrets: only names of them should be there, but people err."""

import re
from typing import Any

from app_srvc.processors import named

_SECRET = re.compile(r"passw|secret|token|authori[sz]ation|api.?key", re.IGNORECASE)
# A header of any name may be what lets the caller in, and so may any part of a query.
_HEADER = re.compile(r"^([^:\n]*):.*$", re.MULTILINE)
_QUERY = re.compile(r"\A(\s*[a-z][a-z0-9+.-]*://[^?]*)\?.*\Z", re.IGNORECASE | re.DOTALL)
_LOGIN_IN_ADDRESS = re.compile(r"//[^/@\s]*@")


def redacted(value: Any) -> Any:
    """Return a value without what looks like a secret: there should be none, only names of them."""
    if isinstance(value, dict):
        return {key: _member(key, held) for key, held in value.items()}
    if isinstance(value, list):
        return [redacted(held) for held in value]
    return _text(value) if isinstance(value, str) else value


def _member(key: str, value: Any) -> Any:
    if _looks_secret(key, value):
        return "…"
    if key == "headers" and isinstance(value, str):
        return _HEADER.sub(r"\1: …", value)
    return redacted(value)


def _text(value: str) -> str:
    return _QUERY.sub(r"\1?…", _LOGIN_IN_ADDRESS.sub("//…@", value))


def _looks_secret(key: str, value: object) -> bool:
    """Say whether a value should be none of the audit's business: a reference is."""
    is_reference = isinstance(value, str) and re.fullmatch(named.NAME, value)
    return isinstance(value, str) and not is_reference and bool(_SECRET.search(key))
