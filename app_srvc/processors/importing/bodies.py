"""What a program sends, as records; what is wrong with it is said of each field."""

from collections.abc import Callable
from typing import Any

from app_srvc.errors import InvalidForm
from app_srvc.processors.importing import keys, objects
from app_srvc.processors.importing.items import JSON, Bad
from app_srvc.processors.repository.intake import NewRecord
from app_srvc.words import _, ngettext

MOST_RECORDS = 10_000
# So many faults say what is wrong.
MOST_FAULTS = 100
TEXT = "text/plain; charset=utf-8"
LONGEST_MEDIA_TYPE = 200
NOT_TAKEN = _("Nothing was taken in: something in it needs another look.")
NOTHING = _("There is nothing in it.")
FIELDS = frozenset({"key", "order_key", "media_type", "body", "json"})


def one(body: bytes, media_type: str | None, key: str | None, order_key: str | None) -> NewRecord:
    """Return the record that a body is.

    Raises:
        InvalidForm: it is too large, empty, or a key of it is none.
    """
    faults = {
        "key": keys.fault_of(key) if key is not None else None,
        "order_key": keys.fault_of(order_key) if order_key is not None else None,
        "media_type": _fault_of_media_type(media_type or ""),
        "body": None if body else NOTHING,
    }
    wrong = {name: [fault] for name, fault in faults.items() if fault}
    if wrong:
        raise InvalidForm(NOT_TAKEN, wrong)
    try:
        return keys.record(media_type or "application/octet-stream", body, key, order_key)
    except Bad as bad:
        raise InvalidForm(NOT_TAKEN, {"body": [bad.sentence]}) from None


def many(body: bytes) -> list[NewRecord] | None:
    """Return the records that a JSON object lists as `records`; None when it is another.

    Raises:
        InvalidForm: one of them is none, or there are too many.
    """
    try:
        value = objects.parse(body.decode())
    except (UnicodeDecodeError, Bad):
        raise InvalidForm(NOT_TAKEN, {"body": [objects.NO_JSON]}) from None
    if not (isinstance(value, dict) and set(value) == {"records"}):
        return None
    listed = value["records"]
    if not isinstance(listed, list) or not listed:
        raise InvalidForm(NOT_TAKEN, {"records": [_("This has to be a list of records.")]})
    if len(listed) > MOST_RECORDS:
        told = ngettext(
            "At most %(num)s record at once.", "At most %(num)s records at once.", MOST_RECORDS
        )
        raise InvalidForm(NOT_TAKEN, {"records": [told]})
    return _all_of(listed)


def _all_of(listed: list[Any]) -> list[NewRecord]:
    faults: dict[str, list[str]] = {}
    found: dict[str, NewRecord] = {}
    for number, value in enumerate(listed):
        wrong = _faults_of(value)
        if not wrong:
            try:
                record = _record(value)
                if found.setdefault(record.source_key, record) != record:
                    told = _("Another one here has this key, and is not the same.")
                    wrong = {"key": told}
            except Bad as bad:
                wrong = {"": bad.sentence}
        for name, fault in wrong.items():
            faults[f"records[{number}].{name}".rstrip(".")] = [fault]
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise InvalidForm(NOT_TAKEN, faults)
    return list(found.values())


def _faults_of(value: Any) -> dict[str, str]:
    """Return what is wrong with each member of a record."""
    if not isinstance(value, dict):
        return {"": _("This has to be an object.")}
    faults: dict[str, str] = {
        name: _("There is no such field.") for name in value if name not in FIELDS
    }
    checks: dict[str, Callable[[str], str | None]] = {
        "key": keys.fault_of, "order_key": keys.fault_of, "media_type": _fault_of_media_type,
        "body": _fault_of_text,
    }  # fmt: skip
    for name, check in checks.items():
        if value.get(name) is None:
            continue
        text = value[name]
        fault = check(text) if isinstance(text, str) else _("This has to be text.")
        if fault:
            faults[name] = fault
    if ("json" in value) == (value.get("body") is not None):
        faults["body"] = _("There has to be either a body, which is text, or json.")
    return faults


def _record(value: dict[str, Any]) -> NewRecord:
    if "json" in value:
        body, media_type = objects.written(value["json"]), JSON
    else:
        body, media_type = value["body"].encode(), TEXT
    return keys.record(
        value.get("media_type") or media_type, body, value.get("key"), value.get("order_key")
    )


def _fault_of_media_type(text: str) -> str | None:
    if len(text) > LONGEST_MEDIA_TYPE or not text.isprintable() or not text.isascii():
        return _("This is no media type.")
    return None


def _fault_of_text(text: str) -> str | None:
    try:
        return None if text.encode() else NOTHING
    except UnicodeEncodeError:
        return _("There is a character in it that no text may have.")
