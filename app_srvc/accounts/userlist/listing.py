"""What can be asked of the list of people, and how it looks to programs."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from wtforms import Field, Form, SearchField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from app_srvc.accounts import names
from app_srvc.accounts.repository.listing import Asked, Key
from app_srvc.accounts.repository.users import User
from app_srvc.errors import InvalidForm
from app_srvc.jobs.forms import LARGEST_PAGE, NO_NUMBER, PAGE_SIZE, TOO_LONG, Choice, Count
from app_srvc.words import _

STATES = {"waiting": _("waiting for password"), "active": _("active"), "locked": _("locked")}
SORTS = {
    "newest": _("newest first"),
    "name": _("last name"),
    "login": _("login"),
    "email": _("e-mail"),
}


class UserFilter(Form):
    """Narrows and sorts the list. Sent by GET, so it needs no CSRF token."""

    q = SearchField(
        _("Name, login or e-mail begins with"), [Optional(), Length(max=200, message=TOO_LONG)]
    )
    state = Choice(
        _("State"),
        [Optional()],
        choices=[SelectChoice("", _("any")), *(SelectChoice(*state) for state in STATES.items())],
    )
    sort = Choice(
        _("Sorted by"),
        [Optional()],
        choices=[SelectChoice(*sort) for sort in SORTS.items()],
        default="newest",
    )
    after = StringField(validators=[Optional(), Length(max=4000, message=TOO_LONG)])
    limit = Count(
        validators=[Optional(), NumberRange(1, LARGEST_PAGE, message=NO_NUMBER)], default=PAGE_SIZE
    )

    def validate_q(self, field: Field) -> None:
        """Refuse what no name can hold."""
        if "\0" in (field.data or ""):
            raise ValidationError(_("Nobody is called that."))

    def validate_after(self, field: Field) -> None:
        """Refuse what is no key of somebody in this order."""
        try:
            _read_key(field.data, self._sort())
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise ValidationError(_("There is no such page.")) from None

    def asked(self) -> Asked:
        """Return whom to list.

        Raises:
            InvalidForm: the list cannot be narrowed or sorted like that.
        """
        if not self.validate():
            raise InvalidForm(_("The list cannot be narrowed like that."), self.errors)
        beginning = names.beginning(self.q.data or "")
        return Asked(
            sort=self._sort(),
            state=self.state.data or None,
            beginning=beginning if beginning.name else None,
            after=_read_key(self.after.data, self._sort()) if self.after.data else None,
            limit=self.limit.data or PAGE_SIZE,
        )

    def _sort(self) -> str:
        return self.sort.data or "newest"


def query(**changes: str | None) -> dict[str, str]:
    """Return what this request asked of the list, with some of it changed or left out."""
    known = UserFilter()
    sent = {name: value for name, value in request.args.items() if name in known}
    return {name: value for name, value in (sent | changes).items() if value}


def address(**changes: str | None) -> str:
    """Return the query of another page of the list that was asked for."""
    return "?" + urlencode(query(**changes))


def write_key(sort: str, key: Key) -> str:
    """Return a key as it stands in addresses. It is not secret, and nobody needs to read it."""
    values = [str(value) for value in key]
    text = json.dumps([sort, *values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def as_json(user: User) -> dict[str, Any]:
    """Return what programs read about a person; `state` is waiting, active or locked."""
    return {
        "id": user.id,
        "login": user.login,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "phone": user.phone,
        "state": user.state,
        "role": user.role,
        "created_at": user.created_at.isoformat(timespec="milliseconds"),
    }


def _read_key(text: str, sort: str) -> Key:
    """Read a key; whatever else somebody sends is a ValueError, or one of its kin."""
    try:
        read = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True))
    except binascii.Error as error:
        raise ValueError(text) from error
    kind, *values = read
    if kind != sort or not all(isinstance(value, str) and "\0" not in value for value in values):
        raise ValueError(text)
    for value in values:
        value.encode()  # Half of a surrogate pair is text to JSON, and to no database.
    if sort == "newest":
        moment, user_id = values
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None:
            raise ValueError(moment)
        return found, str(UUID(user_id))
    if sort == "name":
        name, user_id = values
        return name, str(UUID(user_id))
    (own,) = values
    return (own,)
