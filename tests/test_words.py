"""Sentences that are made in one place, and said in the reader's language in another."""

import json

import pytest

from app_srvc import words
from app_srvc.words import Sentence, _, ngettext


def test_a_sentence_is_its_english_text() -> None:
    sentence = _("%(name)s: at most %(size)s GB", name="a.wav", size=4.0)

    assert sentence == "a.wav: at most 4 GB"
    assert json.dumps([sentence]) == '["a.wav: at most 4 GB"]'


@pytest.mark.parametrize(("number", "said"), [(1, "1 job"), (2, "2 jobs"), (1200, "1,200 jobs")])
def test_a_number_decides_on_the_form(number: int, said: str) -> None:
    assert ngettext("%(num)s job", "%(num)s jobs", number) == said


@pytest.mark.parametrize(
    "sentence",
    [
        _("Plain."),
        _("100 % plain."),
        _("%(name)s has come.", name='50 % "of" it\x1e'),
        ngettext("%(num)s job", "%(num)s jobs", 5, queue="stt"),
        _("%(name)s: %(why)s", name="a", why=ngettext("%(num)s hour", "%(num)s hours", 6)),
    ],
)
def test_a_sentence_comes_back_whole_from_where_it_was_stored(sentence: Sentence) -> None:
    back = words.unpack(words.pack(sentence))

    assert back == sentence
    assert (back.msgid, back.plural, back.values) == (
        sentence.msgid,
        sentence.plural,
        sentence.values,
    )


@pytest.mark.parametrize(
    "text", ["", "An older row: 100 %.", "An older row.\x1enonsense", "\x1e{}"]
)
def test_a_text_that_was_never_marked_is_said_as_it_stands(text: str) -> None:
    sentence = words.unpack(words.pack(text))

    for language in words.LANGUAGES:
        assert words.translate(sentence, language) == text.partition("\x1e")[0]


def test_numbers_are_written_as_each_language_does() -> None:
    sentence = _("%(number)s words that no catalog has", number=12345.5)

    assert words.translate(sentence, "en").startswith("12,345.5")
    assert words.translate(sentence, "uk").startswith("12\xa0345,5")
