"""What mail says, in its reader's language. The words are in `templates/mail/<kind>.txt`."""

import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app_srvc import settings, words
from app_srvc.accounts.repository.users import User
from app_srvc.jobs.repository.reading import Job

FOLDER = Path(__file__).parent.parent.parent / "templates"
LONGEST_NAME = 64


class Letter(NamedTuple):
    """A mail in words."""

    subject: str
    text: str
    language: str


def write(
    kind: str, reader: User, link: str, link_until: datetime | None, about: Job | None = None
) -> Letter:
    """Write a letter; `link` is an address, or a sentence that is to stand in its place.

    `about` is the job that it tells of.
    """
    chosen = reader.language
    language = chosen if chosen is not None and chosen in words.LANGUAGES else words.ENGLISH
    text = _environment(language).get_template(f"mail/{kind}.txt").render(
        name=plain_name(reader.first_name),
        login=reader.login,
        link=words.translate(link, language),
        # Of nobody it is known which zone they are in.
        date=link_until and format_date(link_until.astimezone(UTC), "long", locale=language),
        time=link_until and f"{link_until.astimezone(UTC):%H:%M}",
        site=settings.load().public_url or "",
        job=about and _told(about, language),
    )  # fmt: skip
    subject, _, body = text.strip().partition("\n\n")
    return Letter(" ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", body) + "\n", language)


def address_of(token: str) -> str:
    """Return the address where a password is set; without PUBLIC_URL its path alone."""
    return f"{settings.load().public_url or ''}/password?token={token}"


def _told(job: Job, language: str) -> dict[str, str]:
    """Return what a letter says of a job."""
    return {
        "title": " ".join(words.translate(job.title, language).split()),
        "state": job.state,
        "reason": words.translate(job.reason or "", language),
        "address": f"{settings.load().public_url or ''}/jobs/{job.id}",
    }


def plain_name(name: str) -> str:
    """Return a name as mail may show it.

    Anybody can register anybody's address, under any name: it is not to become an address that
    programs make a link of, nor a header's punctuation.
    """
    kept = "".join(char if _belongs_to_name(char) else " " for char in name)
    return " ".join(kept.replace(".", ". ").split())[:LONGEST_NAME].strip()


def _belongs_to_name(char: str) -> bool:
    return char in " .-'·\u2019" or unicodedata.category(char)[0] in "LMN"


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # It is plain text.
    )
    environment.install_gettext_translations(words.catalog(language), newstyle=True)  # type: ignore[attr-defined]
    return environment
