"""No key and no password of anybody is in the sources; detect-secrets looks, offline."""

import re
import subprocess
from pathlib import Path

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

from tests.support.workers import ROOT

# Those that know what keys of some kind look like; a mere likeness to noise would be too slow.
KINDS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector",
    "CloudantDetector", "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector",
    "IbmCloudIamDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector",
    "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)  # fmt: skip
# What stands for a password in examples and tests.
EXAMPLES = {
    "PASSWORD", "password", "p%40ssword", "p%40ss", "p%C3%A4ss", "pw", "secret", "secret-word",
    "word",
    "generated-database-password", "generated-rabbitmq-password",
}  # fmt: skip
# A line without any of these is none that they would find something in, and there are many.
CANDIDATE = re.compile(r"://[^/\s]*@|-----BEGIN|(?=[A-Za-z_/+=.-]*\d)[\w/+=.-]{16,}")
NOT_WRITTEN_BY_US = (".flac", ".png", ".po")


def tracked() -> list[str]:
    """Return the files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in told.stdout.splitlines() if not name.endswith(NOT_WRITTEN_BY_US)]


def found_in(names: list[str]) -> set[tuple[str, str]]:
    """Return what looks like a secret, and in which file."""
    with transient_settings({"plugins_used": [{"name": kind} for kind in KINDS]}):
        return {
            (name, one.secret_value or "")
            for name in names
            if (ROOT / name).is_file()
            for line in (ROOT / name).read_text().splitlines()
            if CANDIDATE.search(line)
            for one in scan_line(line)
        }


def test_no_secret_is_in_the_sources() -> None:
    names = tracked()
    assert len(names) > 500

    assert {one for one in found_in(names) if one[1] not in EXAMPLES} == set()


def test_a_secret_would_be_found(tmp_path: Path) -> None:
    key, word = "AKIA" + "IOSFODNN7" + "ABCDEFG", "hunter2-for-real"
    path = tmp_path / "settings.txt"
    path.write_text(f"aws = '{key}'\nurl = 'redis://user:{word}@host'\n")

    found = {secret for _, secret in found_in([str(path)])}
    assert found == {key, word}
