"""Settings come from the environment; a wrong one names its variable."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from app_srvc import settings
from tests.support.workers import ROOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("MAX_UPLOAD_BYTES", "-1"),
        ("LOG_FORMAT", "xml"),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://x"),
        ("QUEUE_URL", "http://x"),
        ("STORAGE_URL", "/var/files"),
        ("COOKIES_SECURE", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_variable(
    name: str, value: str, setting: Callable[..., None]
) -> None:
    setting(**{name: value})

    with pytest.raises(settings.WrongSetting, match=f"{name}: ") as raised:
        settings.load()
    assert value not in str(raised.value) or value in {"/var/files"}


def test_a_missing_variable_is_named(
    setting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    setting()
    monkeypatch.delenv("SECRET_KEY")

    with pytest.raises(settings.WrongSetting, match="SECRET_KEY"):
        settings.load()


def test_the_key_is_never_shown(backing: object) -> None:
    assert os.environ["SECRET_KEY"] not in repr(settings.load())


@pytest.mark.parametrize("command", [["sttworker.py"], ["-m", "app_srvc.migrate"]])
def test_a_process_with_a_wrong_setting_ends_with_one_sentence(command: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=os.environ | {"WEB_THREADS": "none"}, capture_output=True, text=True,
    )  # fmt: skip

    assert told.returncode == 1
    assert "WEB_THREADS" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
