"""Which recogniser and which language somebody means, and what is said when there is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app_srvc.errors import InvalidForm, PermanentError
from app_srvc.settings import RECOGNISERS, WrongSetting
from app_srvc.speech import recognisers

pytestmark = pytest.mark.usefixtures("backing")


@pytest.fixture
def all_set_up(setting: Callable[..., None], tmp_path: Path) -> None:
    """Set up every recogniser there is; the models are empty."""
    model = tmp_path / "model.pt"
    model.touch()
    setting(
        google_speech_key="k", openai_api_key="k", groq_api_key="k", whisper_model=model,
        faster_whisper_model=tmp_path, vosk_model=tmp_path, vosk_language="uk",
    )  # fmt: skip


def test_without_settings_there_is_sphinx_alone() -> None:
    assert list(recognisers.offered()) == ["sphinx"]


def test_each_is_offered_once_it_is_set_up(all_set_up: None) -> None:
    assert set(recognisers.offered()) == set(RECOGNISERS)
    for offer in recognisers.offered().values():
        assert offer.sizes.merged_ms < offer.sizes.longest_ms


def test_the_default_comes_first_and_is_what_is_meant(setting: Callable[..., None]) -> None:
    setting(openai_api_key="k", default_recogniser="openai")

    assert next(iter(recognisers.offered())) == "openai"
    assert recognisers.choose("", "en") == ("openai", "en")
    assert recognisers.choose("whisper-1", "en") == ("openai", "en")


@pytest.mark.parametrize(
    ("name", "language", "chosen"),
    [
        ("sphinx", "", "en-US"),
        ("sphinx", "en", "en-US"),
        ("sphinx", "EN_us", "en-US"),
        ("openai", "", ""),
        ("openai", "auto", ""),
        ("openai", "detect", ""),
        ("openai", "uk", "uk"),
        ("openai", "pt-BR", "pt"),
        ("openai", "jv", "jv"),
        ("google", "", "en-US"),
        ("google", "uk", "uk-UA"),
        ("google", "en-GB", "en-GB"),
        ("google", "zh", "zh-CN"),
        ("vosk", "", "uk"),
        ("vosk", "uk-UA", "uk"),
    ],
)
def test_a_language_is_understood_as_people_write_it(
    name: str, language: str, chosen: str, all_set_up: None
) -> None:
    assert recognisers.choose(name, language) == (name, chosen)


@pytest.mark.parametrize(
    ("name", "language", "field", "sentence"),
    [
        ("oracle", "en", "model", "There is no recogniser called oracle; there is sphinx."),
        (
            "groq", "en", "model",
            "groq is not set up on this server: it needs GROQ_API_KEY. There is sphinx.",
        ),
        (
            "faster-whisper", "", "model",
            "faster-whisper is not set up on this server: it needs FASTER_WHISPER_MODEL."
            " There is sphinx.",
        ),
        ("sphinx", "uk", "language", "sphinx knows en-US, and not uk."),
        ("sphinx", "en-GB", "language", "sphinx knows en-US, and not en-GB."),
        (
            "sphinx", "auto", "language",
            "sphinx cannot find the language out; it knows en-US.",
        ),
    ],
)  # fmt: skip
def test_what_there_is_not_is_said(name: str, language: str, field: str, sentence: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        recognisers.choose(name, language)

    assert refused.value.sentence == sentence
    assert refused.value.fields == {field: [sentence]}


def test_a_job_for_one_that_is_gone_says_so() -> None:
    with pytest.raises(PermanentError, match="no recogniser called oracle"):
        recognisers.load("oracle")
    with pytest.raises(PermanentError, match="needs VOSK_MODEL"):
        recognisers.load("vosk")


def test_a_worker_without_the_package_does_not_start(
    all_set_up: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognisers, "find_spec", lambda name: None if name == "vosk" else name)

    with pytest.raises(WrongSetting, match=r"VOSK_MODEL: .*requirements-recognisers\.txt"):
        recognisers.check()
    with pytest.raises(PermanentError, match=r"requirements-recognisers\.txt"):
        recognisers.load("vosk")


def test_where_the_sound_is_sent_is_known(all_set_up: None) -> None:
    sent_to = {name: offer.sent_to for name, offer in recognisers.offered().items()}

    assert sent_to.pop("openai") == "api.openai.com"
    assert sent_to.pop("groq") == "api.groq.com"
    assert sent_to.pop("google") == "www.google.com"
    assert set(sent_to.values()) == {""}
