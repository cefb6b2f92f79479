"""A box as a file, JSON lines or CSV, as it is read, however many records it has."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from app_srvc import db
from app_srvc.processors.presenting import record_as_json
from app_srvc.processors.repository import boxes, payloads
from app_srvc.processors.repository.boxes import Boxed, Chosen
from app_srvc.web.spreadsheet import BYTE_ORDER_MARK, TYPE, as_lines, harmless

BATCH = 50
COLUMNS = (
    "id", "key", "status", "attempts", "lost", "http_status", "error", "created_at", "started_at",
    "ended_at", "available_at",
)  # fmt: skip
KINDS = {"jsonl": "application/x-ndjson", "csv": TYPE}


def pieces(name: str, chosen: Chosen, kind: str) -> Iterator[str]:
    """Yield the file in pieces; JSON lines have what is in the records, too.

    No connection to the database is held from one piece to the next.
    """
    write: Callable[[db.Connection, dict[str, Any]], str] = _line if kind == "jsonl" else _row
    head = "" if kind == "jsonl" else BYTE_ORDER_MARK + as_lines([COLUMNS])
    after = None
    while True:
        with db.transaction() as conn:
            page = boxes.page(conn, chosen, after, BATCH)
            lines = [write(conn, _told(it, name)) for it in page.records]
        yield head + "".join(lines)
        head, after = "", page.after
        if after is None:
            return


def _told(record: Boxed, name: str) -> dict[str, Any]:
    told = record_as_json(record, name)
    return {column: told[column] for column in COLUMNS}


def _line(conn: db.Connection, told: dict[str, Any]) -> str:
    media_type, body = payloads.body(conn, told["id"]) or ("", b"")
    told["media_type"] = media_type
    try:
        told["body"] = body.decode()
    except UnicodeDecodeError:
        told["body_base64"] = base64.b64encode(body).decode()
    return json.dumps(told, ensure_ascii=False) + "\n"


def _row(_conn: db.Connection, told: dict[str, Any]) -> str:
    return as_lines([["" if value is None else harmless(str(value)) for value in told.values()]])
