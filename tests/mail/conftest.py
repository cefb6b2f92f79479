"""What tests of mail share."""

from collections.abc import Callable

import pytest

from tests.support.smtp import MailServer

SENDER = "Черга <cherha@example.org>"
PUBLIC_URL = "https://cherha.example.org/work"


@pytest.fixture
def mail_on(setting: Callable[..., None], smtp_server: MailServer) -> Callable[..., None]:
    """Let mail be sent to the mail server, and give a function that starts it anew with faults."""

    def start(**options: object) -> None:
        smtp_server.start(**options)
        setting(smtp_url=smtp_server.url, mail_from=SENDER, public_url=PUBLIC_URL)

    setting(smtp_url=smtp_server.url, mail_from=SENDER, public_url=PUBLIC_URL)
    return start
