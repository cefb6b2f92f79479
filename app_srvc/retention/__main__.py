"""What is kept for how long, and what would go: `python -m app_srvc.retention --help`."""

import argparse
import sys

from app_srvc import db, numbers, periods, settings
from app_srvc.errors import DatabaseDown
from app_srvc.periods import Periods
from app_srvc.retention import kinds
from app_srvc.retention.kinds import Kind
from app_srvc.retention.repository.counts import Count, Going
from app_srvc.settings import LONGEST_DAYS

HEADINGS = ("kind", "days", "source", "there", "next sweep", "within 7 days")
DETAILS = ("kind", "days", "would go", "MB", "oldest", "newest", "within 7 days")


def main(arguments: list[str] | None = None) -> None:
    """Print what the command line asks for; nothing is ever changed."""
    parser = argparse.ArgumentParser(prog="python -m app_srvc.retention", description=__doc__)
    parser.add_argument(
        "--dry-run", action="store_true", help="print what the next sweep would delete"
    )
    for name in Periods._fields:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=_days, metavar="N", help="as if this were set")
    asked = parser.parse_args(arguments)
    wanted = {name: value for name in Periods._fields if (value := getattr(asked, name))}
    if wanted and not asked.dry_run:
        parser.error("days are only looked at with --dry-run; the page /ops/retention sets them")
    try:
        sys.stdout.write(_answer(wanted, is_dry=asked.dry_run))
    except settings.WrongSetting as error:
        sys.exit(str(error))
    except DatabaseDown as error:
        sys.exit(error.sentence)


def _answer(wanted: dict[str, int], *, is_dry: bool) -> str:
    with db.transaction() as conn:
        days = periods.in_force(conn)._replace(**wanted)
        found = kinds.adjustable(conn, days)
        if not is_dry:
            found += kinds.others(conn)
    if is_dry:
        return _table([DETAILS, *(_would_go(kind) for kind in found)])
    return _table([HEADINGS, *(_stands(kind) for kind in found)])


def _stands(kind: Kind) -> tuple[str, ...]:
    it = kind.outlook
    return (
        _name(kind), str(kind.days), kind.source, _count(it.there), _count(it.next.rows),
        _count(it.soon.rows),
    )  # fmt: skip


def _would_go(kind: Kind) -> tuple[str, ...]:
    it = kind.outlook
    return (
        _name(kind), str(kind.days), _count(it.next.rows), _megabytes(it.next),
        _day(it.next, "oldest"), _day(it.next, "newest"), _count(it.soon.rows),
    )  # fmt: skip


def _name(kind: Kind) -> str:
    return f"{kind.name} of {kind.processor}" if kind.processor else kind.name


def _count(count: Count) -> str:
    return f"{'~ ' if count.is_about else ''}{count.number:,}"


def _megabytes(going: Going) -> str:
    return "-" if going.bytes is None else f"{going.bytes / 1e6:,.1f}"


def _day(going: Going, which: str) -> str:
    moment = getattr(going, which)
    return f"{moment:%Y-%m-%d}" if moment else "-"


def _table(lines: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    written = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join(written) + "\n"


def _days(text: str) -> int:
    days = numbers.read(text, 1, LONGEST_DAYS)
    if days is None:
        raise argparse.ArgumentTypeError(f"this takes a number from 1 to {LONGEST_DAYS}")
    return days


if __name__ == "__main__":
    main()
