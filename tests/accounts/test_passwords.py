"""Which passwords are taken, and what is kept of them."""

import subprocess
import sys

import pytest

from app_srvc.accounts import passwords
from tests.support.workers import ROOT


@pytest.mark.parametrize(
    "password", ["", "short", "aaaaaaaaaaaaaa", "12121212121212", "x" * 201, "Ann.Archer"]
)
def test_what_is_easily_guessed_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(passwords.Weak):
        passwords.check(password, "ann.archer", "ann@example.org")


@pytest.mark.parametrize(
    "password", ["four plain words", "п'ять слів поспіль", "密碼是一個很長的句子"]
)
def test_words_of_any_script_are_taken(password: str) -> None:
    passwords.check(password, "ann")


def test_a_hash_fits_its_password_alone_however_it_was_typed() -> None:
    hashed = passwords.hash_of("Zoe\u0308 likes tea")

    assert hashed.startswith("$argon2id$")
    assert passwords.fits("Zoë likes tea", hashed)
    assert not passwords.fits("Zoe likes tea", hashed)
    assert hashed != passwords.hash_of("Zoë likes tea")


def test_without_a_hash_no_password_fits() -> None:
    assert not passwords.fits("", None)
    assert not passwords.fits("four plain words", None)
    assert not passwords.fits("four plain words", "no hash at all")


def test_hashes_are_made_with_the_work_that_rfc_9106_recommends() -> None:
    program = "from app_srvc.accounts import passwords; print(passwords.hash_of('four words'))"
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert told.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
