"""The list of processors and the page of one, with the forms on them as somebody has left them."""

from flask import current_app, render_template, request, url_for

from app_srvc import db
from app_srvc.processors import (
    configuring,
    controlling,
    forms,
    handlers,
    parts,
    presenting,
    sourcing,
)  # fmt: skip
from app_srvc.processors.handlers.failures import WrongConfiguration
from app_srvc.processors.repository import reading, sources
from app_srvc.processors.repository.parameters import Parameters
from app_srvc.words import Sentence


def of_list(form: forms.AddForm) -> str:
    """Return the list, with the form for another processor."""
    with db.transaction() as conn:
        standings = reading.standings(conn)
        is_unserved = presenting.is_unserved(conn)
    return render_template(
        "processors/index.html",
        standings=standings,
        is_up=parts.is_banner_up(is_unserved, standings),
        form=form,
        state_of=presenting.state,
        duration=parts.age,
    )


def of_one(
    name: str,
    *,
    parameters: forms.ParametersForm | None = None,
    config: configuring.ConfigForm | None = None,
    source: configuring.ConfigForm | None = None,
    conflict: Sentence | str | None = None,
) -> str:
    """Return the page of a processor; a form that was refused is on it as it was sent.

    Raises:
        NotFound: there is none of that name.
    """
    it = presenting.find(name)
    refused = {"parameters": parameters, "configuration": config, "source": source}
    with db.transaction() as conn:
        known = controlling.find(conn, name)
        is_unserved = presenting.is_unserved(conn)
        busy = reading.busy(conn, it.work.cycle_id) if it.running and it.work else []
        cycles = reading.cycles(conn, it.id)
        kept = sources.find(conn, it.id)
    return render_template(
        "processors/show.html",
        it=it,
        state=presenting.state(it),
        known=known,
        busy=busy,
        cycles=cycles,
        duration=parts.age,
        took=presenting.duration,
        handler_title=_title(known),
        is_up=parts.is_banner_up(is_unserved, [it]),
        form=parameters or forms.ParametersForm(data=known.values | {"version": known.version}),
        config=config or _config(known),
        source=source or sourcing.form(kept and kept.config),
        kinds=sourcing.KINDS,
        kind=request.form.get("source") if source else kept and kept.kind,
        wrong=next((name for name, form in refused.items() if form), ""),
        conflict=conflict,
        # Who has read that somebody else has changed it may save all the same.
        version=known.version if conflict or parameters is None else parameters.version.data,
        import_url=_import_url(name),
    )


def _config(known: Parameters) -> configuring.ConfigForm | None:
    """Return the form of the handler's configuration; None when this server has no such handler."""
    try:
        return configuring.of_handler(known.handler, known.config)
    except WrongConfiguration:
        return None


def _title(known: Parameters) -> str:
    """Return what people call the handler."""
    try:
        return handlers.find(known.handler).title
    except WrongConfiguration:
        return known.handler


def _import_url(name: str) -> str | None:
    if "importing.index" in current_app.view_functions:
        return url_for("importing.index", name=name)
    return None
