"""Calls on their way through Redis, signed: whoever else can write there calls nothing."""

import hmac
import json
from typing import Any

from app_srvc.accounts import secret


def pack(call_id: str, name: str, arguments: dict[str, Any]) -> tuple[str, str]:
    """Return the words of a call, and their signature."""
    words = json.dumps([name, arguments], separators=(",", ":"))
    return words, _sign(call_id, words)


def unpack(call_id: str, words: str, signed: str) -> tuple[str, dict[str, Any]] | None:
    """Return the name and the arguments of a call; None when it is none of ours."""
    if not hmac.compare_digest(_sign(call_id, words).encode(), signed.encode()):
        return None
    name, arguments = json.loads(words)
    return name, arguments


def owner_of(owner: str | None) -> str:
    """Return what is kept in Redis of an owner; nothing where whoever knows the id may see it."""
    return secret.keyed("owner of a call", owner) if owner else ""


def _sign(call_id: str, words: str) -> str:
    return secret.keyed("call", f"{call_id}\0{words}")
