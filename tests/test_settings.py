"""Settings come from the environment; a wrong one names its variable."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest

from app_srvc import settings
from tests.support.workers import ROOT

MAIL = {
    "smtp_url": "smtp://cherha:p%40ss@mail.example.org",
    "mail_from": "cherha@example.org",
    "public_url": "https://cherha.example.org/work",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("MAX_UPLOAD_BYTES", "-1"),
        ("LOG_FORMAT", "xml"),
        ("SECRET_KEY", "short"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "two words in one token"),
        ("DATABASE_URL", "mysql://x"),
        ("QUEUE_URL", "http://x"),
        ("STORAGE_URL", "/var/files"),
        ("STORAGE_URL", "s3://"),
        ("STORAGE_URL", "s3://Bucket/x"),
        ("STORAGE_URL", "s3://key:secret@bucket"),
        ("STORAGE_URL", "s3://bucket/a b"),
        ("S3_ENDPOINT_URL", "s3.example.org"),
        ("S3_ENDPOINT_URL", "https://key@s3.example.org"),
        ("S3_PUBLIC_URL", "https://s3.example.org/folder"),
        ("S3_SECRET_KEY", "two words"),
        ("S3_CA_FILE", "/no/such/file"),
        ("S3_TIMEOUT_SECONDS", "0"),
        ("COOKIES_SECURE", "perhaps"),
        ("DEFAULT_RECOGNISER", "oracle"),
        ("WHISPER_MODEL", "/no/such/file.pt"),
        ("FASTER_WHISPER_MODEL", "/no/such/folder"),
        ("VOSK_MODEL", "/no/such/folder"),
        ("VOSK_LANGUAGE", "English!"),
        ("OPENAI_API_KEY", "two words"),
        ("OPENAI_BASE_URL", "ftp://x"),
        ("GOOGLE_SPEECH_URL", "https://x/?key=y"),
        ("REMOTE_TIMEOUT_SECONDS", "0"),
        ("SMTP_URL", "http://x"),
        ("SMTP_URL", "smtps:///host"),
        ("SMTP_URL", "smtp://x:port"),
        ("SMTP_URL", "smtp://x/folder"),
        ("SMTP_URL", "smtp://somebody@x"),
        ("SMTP_URL", "smtp://somebody:p%C3%A4ss@x"),
        ("SMTP_URL", "smtp://somebody:word@x?tls=none"),
        ("SMTP_URL", "smtp://x?tls=off"),
        ("SMTP_URL", "smtps://x?tls=none"),
        ("SMTP_URL", "smtps://x?ca=/no/such/file"),
        ("SMTP_URL", "smtps://x?ca=/etc/passwd"),
        ("MAIL_FROM", "Cherha"),
        ("MAIL_FROM", "Cherha <mail@example.org>\nBcc: x@example.org"),
        ("PUBLIC_URL", "example.org"),
        ("PUBLIC_URL", "https://example.org/"),
        ("PUBLIC_URL", "https://example.org/?x"),
    ],
)
def test_a_wrong_value_names_its_variable(
    name: str, value: str, setting: Callable[..., None]
) -> None:
    setting(**{name: value})

    with pytest.raises(settings.WrongSetting, match=f"{name}: ") as raised:
        settings.load()
    assert value not in str(raised.value) or value in {"/var/files", "s3://"}


def test_a_missing_variable_is_named(
    setting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    setting()
    monkeypatch.delenv("SECRET_KEY")

    with pytest.raises(settings.WrongSetting, match="SECRET_KEY"):
        settings.load()


def test_keys_are_never_shown(setting: Callable[..., None]) -> None:
    setting(openai_api_key="sk-1", groq_api_key="gsk-2", google_speech_key="AI-3", **MAIL)

    shown = repr(settings.load())
    for key in (os.environ["SECRET_KEY"], "sk-1", "gsk-2", "AI-3", "p@ss"):
        assert key not in shown
        assert quote(key, safe="") not in shown


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mx.example.org", ("mx.example.org", 587, "", "", "starttls", None)),
        ("smtps://a%40b:p%40ss@mx:4650", ("mx", 4650, "a@b", "p@ss", "at once", None)),
        ("smtp://mx?tls=none", ("mx", 25, "", "", "none", None)),
        ("smtp://a:b@127.0.0.1:25?tls=none", ("127.0.0.1", 25, "a", "b", "none", None)),
        ("smtp://a:b@localhost?tls=none", ("localhost", 25, "a", "b", "none", None)),
        ("smtp://[::1]:2525", ("::1", 2525, "", "", "starttls", None)),
    ],
)
def test_the_address_of_a_mail_server_says_how_to_talk_to_it(
    url: str, expected: tuple[object, ...], setting: Callable[..., None]
) -> None:
    setting(**MAIL | {"smtp_url": url})

    assert settings.load().mail_server == expected


@pytest.mark.parametrize("missing", ["mail_from", "public_url"])
def test_a_mail_server_alone_is_not_enough(missing: str, setting: Callable[..., None]) -> None:
    setting(**MAIL | {missing: ""})

    with pytest.raises(settings.WrongSetting, match=f"SMTP_URL is set.* needs {missing.upper()}"):
        settings.load()


def test_the_sender_of_mail_may_have_a_name(setting: Callable[..., None]) -> None:
    setting(**MAIL | {"mail_from": "Черга <cherha@example.org>"})

    assert settings.load().sender == ("Черга", "cherha@example.org")
    assert settings.load().sender.domain == "example.org"


def test_a_default_recogniser_that_is_not_set_up_is_refused(setting: Callable[..., None]) -> None:
    setting(default_recogniser="groq", groq_api_key="")

    with pytest.raises(
        settings.WrongSetting, match="DEFAULT_RECOGNISER is groq, which needs GROQ_API_KEY"
    ):
        settings.load()


def test_an_empty_variable_counts_as_none(setting: Callable[..., None]) -> None:
    setting(whisper_model="", port="")

    assert settings.load().whisper_model is None
    assert settings.load().port == 8080


@pytest.mark.skipif(find_spec("vosk") is not None, reason="vosk is installed")
def test_a_worker_without_the_package_of_a_recogniser_ends_with_one_sentence(
    backing: object, tmp_path: Path
) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "sttworker.py"],
        cwd=ROOT, env=os.environ | {"VOSK_MODEL": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 1
    assert "VOSK_MODEL: the package for vosk is not installed" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [["sttworker.py"], ["-m", "app_srvc.migrate"]])
def test_a_process_with_a_wrong_setting_ends_with_one_sentence(command: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=os.environ | {"WEB_THREADS": "none"}, capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 1
    assert "WEB_THREADS" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("given", "missing"), [("ACCESS", "SECRET"), ("SECRET", "ACCESS")])
def test_one_key_of_a_bucket_needs_the_other(
    given: str, missing: str, setting: Callable[..., None]
) -> None:
    setting(**{f"s3_{given.lower()}_key": "half-of-a-pair"})

    with pytest.raises(settings.WrongSetting, match=f"S3_{missing}_KEY") as raised:
        settings.load()
    assert "half-of-a-pair" not in str(raised.value)
