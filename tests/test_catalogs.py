"""The catalogs are in step with the sources: nothing is untranslated, nothing is left over."""

import re

import pytest

from app_srvc import words
from app_srvc.words import _, ngettext
from tests.support.catalogs import messages, placeholders, said, sources, translations
from tests.support.workers import ROOT

TRANSLATED = [language for language in words.LANGUAGES if language != words.ENGLISH]


@pytest.fixture(params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    """Return each language but that of the sources."""
    chosen: str = request.param
    return chosen


def test_every_sentence_is_translated(language: str) -> None:
    known = messages(translations(language))

    missing = [ids for ids in messages(sources()) if ids not in known or not all(said(known[ids]))]
    assert missing == [], "run `make words`, and translate what is empty"


def test_no_translation_is_left_over_or_uncertain(language: str) -> None:
    catalog = translations(language)

    assert set(messages(catalog)) - set(messages(sources())) == set(), "run `make words`"
    assert [message.id for message in catalog if message.id and message.fuzzy] == []
    assert not catalog.obsolete


def test_a_translation_has_the_values_of_its_sentence(language: str) -> None:
    wrong = [
        (ids, form)
        for ids, message in messages(translations(language)).items()
        for form in said(message)
        # A form for 1, 21 and 101 has to name the number, though English has one for 1 alone.
        if placeholders(form) != placeholders(ids[-1])
    ]

    assert wrong == []


def test_every_form_of_a_plural_is_there(language: str) -> None:
    catalog = translations(language)
    forms = {len(said(message)) for ids, message in messages(catalog).items() if len(ids) > 1}

    assert forms == {catalog.num_plurals}


def test_sentences_are_said_in_the_right_form() -> None:
    jobs = [
        words.translate(
            ngettext("One job is before this one.", "%(num)s jobs are before this one.", number),
            "uk",
        )
        for number in (1, 2, 5, 21, 1200)
    ]

    assert jobs == [
        "Попереду 1 завдання.",
        "Попереду 2 завдання.",
        "Попереду 5 завдань.",
        "Попереду 21 завдання.",
        "Попереду 1\xa0200 завдань.",
    ]


def test_a_sentence_in_a_sentence_is_said_in_the_same_language() -> None:
    limit = ngettext("%(num)s hour", "%(num)s hours", 6)
    sentence = _("It is longer than the %(limit)s that are taken.", limit=limit)

    assert words.translate(sentence, "zh_Hant") == "錄音超過長度上限 6 小時。"


def test_scripts_say_what_the_page_lists_and_nothing_else() -> None:
    pages = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    listed = {name for text in pages for name in re.findall(r'^  "(\w+)":', text, re.M)}
    scripts = [path.read_text() for path in (ROOT / "static").rglob("*.js")]
    used = {name for text in scripts for name in re.findall(r'\bsays\("(\w+)"', text)}

    assert used == listed
