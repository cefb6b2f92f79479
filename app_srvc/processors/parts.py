"""The parts of pages about processors that change by themselves, each under its id there."""

from datetime import datetime

from flask import render_template

from app_srvc import db
from app_srvc.errors import NotFound
from app_srvc.processors import presenting, snapshot
from app_srvc.processors.repository import reading
from app_srvc.processors.repository.reading import Standing
from app_srvc.words import _

# Of each processor, in the list and on its page.
OF_EACH = ("standing", "acts", "work", "figures")


def of_list() -> dict[str, str]:
    """Return the parts of the list."""
    standings, is_unserved = snapshot.seen.look()
    parts = {
        "names": " ".join(it.name for it in standings),
        "banner": _banner(is_unserved, standings),
    }
    for it in standings:
        parts |= _of_each(it, back="list")
    return parts


def of_one(name: str) -> dict[str, str]:
    """Return the parts of a processor's page.

    Raises:
        NotFound: it is gone.
    """
    standings, is_unserved = snapshot.seen.look()
    it = next((it for it in standings if it.name == name), None)
    if it is None:
        raise NotFound(_("There is no such processor."))
    with db.transaction() as conn:
        busy = reading.busy(conn, it.work.cycle_id) if it.running and it.work else []
        cycles = reading.cycles(conn, it.id)
    return {
        "banner": _banner(is_unserved, [it]),
        "busy": render_template("processors/parts/busy.html", it=it, busy=busy, duration=age),
        "last-cycles": render_template(
            "processors/parts/cycles.html", cycles=cycles, took=presenting.duration
        ),
        **_of_each(it, back=None),
    }


def is_banner_up(is_unserved: bool, standings: list[Standing]) -> bool:
    """Say whether something is to run, and nobody does it."""
    return is_unserved and any(it.desired == "running" or it.running for it in standings)


def age(it: Standing, since: datetime) -> str:
    """Return how long something has lasted when the processor was looked at."""
    return presenting.duration(since, it.asked_at)


def _banner(is_unserved: bool, standings: list[Standing]) -> str:
    is_up = is_banner_up(is_unserved, standings)
    return render_template("processors/parts/banner.html", is_up=is_up)


def _of_each(it: Standing, *, back: str | None) -> dict[str, str]:
    values = {"it": it, "state": presenting.state(it), "back": back, "duration": age}
    return {
        f"{part}-{it.name}": render_template(f"processors/parts/{part}.html", **values)
        for part in OF_EACH
    }
