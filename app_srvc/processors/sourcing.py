"""Where a processor's records come from, as operators choose it while it is stopped."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from app_srvc import db
from app_srvc.errors import Conflict, InvalidForm
from app_srvc.jobs.forms import LOOK_AGAIN, NO_CHOICE
from app_srvc.processors import controlling
from app_srvc.processors.configuring import ConfigForm
from app_srvc.processors.forms import read_version
from app_srvc.processors.redacting import redacted
from app_srvc.processors.repository import audit, parameters, sources
from app_srvc.processors.repository.sources import INBOX, Source
from app_srvc.processors.sources import configuration
from app_srvc.words import _

TABLE = "postgresql"
KINDS = {
    INBOX: _("the inbox alone"),
    TABLE: _("the inbox and another PostgreSQL"),
}
_MEMBERS = ("version", "source", "config")


def form(config: Mapping[str, Any] | None = None) -> ConfigForm:
    """Return the form that describes a table."""
    return ConfigForm(configuration.SCHEMA, config, make=configuration.table, prefix="source.")


def from_form(
    sent: MultiDict[str, str], described: ConfigForm
) -> tuple[str, dict[str, Any] | None]:
    """Return where records are to come from, as somebody has sent it.

    None means that what is configured of a table is to stay as it is.

    Raises:
        InvalidForm: it is no source; the fields say why.
    """
    kind = _kind(sent.get("source"))
    return kind, described.read(sent) if kind == TABLE else None


def from_json(body: object, known: Source | None) -> tuple[int, str, dict[str, Any]]:
    """Return the version that a program has seen, and where records are to come from.

    Raises:
        InvalidForm: it is no source; the fields say why.
    """
    if not isinstance(body, dict):
        raise InvalidForm(_("This takes a JSON object."))
    fields = {name: [_("There is no such parameter.")] for name in body if name not in _MEMBERS}
    if not isinstance(body.get("config", {}), dict):
        fields["config"] = [_("This takes a JSON object.")]
    try:
        version = read_version(body.get("version"))
    except ValidationError as error:
        fields["version"] = [error.args[0]]
    if fields:
        raise InvalidForm(LOOK_AGAIN, fields)
    kind = _kind(body.get("source", known and known.kind))
    config = body.get("config", dict(known.config) if known else {})
    if kind == TABLE or config:
        form().check(config)
    return version, kind, config


def change(name: str, version: int, kind: str, config: Mapping[str, Any] | None) -> None:
    """Let records come from somewhere else; another table is read from its beginning.

    Without a `config` what is configured of a table stays as it is.

    Raises:
        NotFound: there is no processor of that name.
        Conflict: it is not stopped, or somebody else has changed it meanwhile.
    """
    with db.transaction() as conn:
        known = controlling.find(conn, name)
        if not parameters.is_at_rest(conn, known.id):
            raise Conflict(_("Stop it first, and wait until nothing of it is in work."))
        before = sources.find(conn, known.id)
        if before is None:
            raise Conflict(controlling.CHANGED)
        config = before.config if config is None else config
        is_same = all(before.config.get(key) == config.get(key) for key in configuration.PLACE)
        after = Source(kind, config, before.mark if is_same else None)
        if not sources.change(conn, known.id, version, after):
            raise Conflict(controlling.CHANGED)
        audit.note(
            conn, known.id, controlling.actor(), "source",
            before=_noted(before, after), after=_noted(after, before),
        )  # fmt: skip


def _kind(sent: object) -> str:
    if sent not in list(KINDS):  # It may be anything that JSON has.
        raise InvalidForm(LOOK_AGAIN, {"source": [NO_CHOICE]})
    return str(sent)


def _noted(source: Source, other: Source) -> dict[str, Any]:
    """Return what of a source is not as in the other one."""
    told = {"source": source.kind, **source.config}
    others = {"source": other.kind, **other.config}
    found: dict[str, Any] = redacted(
        {key: told[key] for key in told if told[key] != others.get(key)}
    )
    return found
