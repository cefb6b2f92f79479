"""Which records somebody wants to be changed, and how: as a form or a program says."""

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from app_srvc import numbers
from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import NO_CHOICE
from app_srvc.processors.records import narrowing, replaying
from app_srvc.processors.records.replaying import Changed
from app_srvc.processors.repository.boxes import Chosen
from app_srvc.processors.repository.reading import Standing
from app_srvc.words import _

AT_MOST = 1000
_NONE = _("Please tick some records first.")


def by_form(it: Standing) -> Changed:
    """Do what was pressed: `act` with the records that are ticked, `act_all` with all that match.

    Raises:
        InvalidForm: nothing is ticked, or that cannot be done to these.
    """
    for_all = request.form.get("act_all")
    if for_all:
        chosen = narrowing.BoxFilter(request.form).chosen(it.id)
        return _do(it, for_all, chosen)
    act = request.form.get("act", "")
    return _do(it, act, _these(it, request.form.getlist("ids"), act))


def by_json(it: Standing, act: str) -> Changed:
    """Do it to the records whose `ids` a program sends, or to all that match.

    Raises:
        InvalidForm: it sends something else, or that cannot be done to these.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidForm(_("This takes a JSON object."))
    if act == "replay" and body.get("key", "same") not in {"same", "new"}:
        raise InvalidForm(NO_CHOICE, {"key": [_("This takes %(what)s.", what="same, new")]})
    if body.get("key") == "new":
        act = f"{act}-new"
    if "ids" in body:
        ids = body["ids"] if isinstance(body["ids"], list) else [body["ids"]]
        return _do(it, act, _these(it, [str(one) for one in ids], act))
    if "status" not in body:
        raise InvalidForm(_NONE, {"status": [_("This cannot be empty.")]})
    sent: dict[str, Any] = {key: str(value) for key, value in body.items() if value is not None}
    return _do(it, act, narrowing.BoxFilter(MultiDict(sent)).chosen(it.id))


def _these(it: Standing, ids: list[str], act: str) -> Chosen:
    if not ids:
        raise InvalidForm(_NONE)
    chosen = {number for one in ids if (number := numbers.read(one)) is not None}
    if len(ids) > AT_MOST or len(chosen) < len({*ids}):
        raise InvalidForm(
            _("There are no such records."),
            {"ids": [_("This takes at most %(max)s numbers.", max=AT_MOST)]},
        )
    statuses = replaying.MARKABLE if act == "done" else replaying.REPLAYABLE
    return Chosen(it.id, statuses, ids=sorted(chosen))


def _do(it: Standing, act: str, chosen: Chosen) -> Changed:
    if act in {"replay", "replay-new"}:
        return replaying.replay(it.name, chosen, new_key=act == "replay-new")
    if act == "done" and set(chosen.statuses) <= set(replaying.MARKABLE):
        return replaying.mark_done(it.name, chosen)
    raise InvalidForm(_("That cannot be done to these records."))
