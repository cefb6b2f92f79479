"""Services that recognisers ask."""

from collections.abc import Iterator

import pytest

from app_srvc.speech.recognisers import remote
from tests.support.services import Service


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Start a service; whoever asks it makes short pauses."""
    monkeypatch.setattr(remote, "PAUSE_SECONDS", 0.01)
    service = Service()
    yield service
    service.stop()
