"""What tests of rqmonitor share."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.monitor.support import Cast
from tests.support.accounts import logged_in, member
from tests.support.workers import Workers


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """Return an operator's browser."""
    return logged_in(app, member("olena", role="operator"))


@pytest.fixture
def cast(database: None, tmp_path: Path, workers: Workers) -> Cast:
    """Make jobs in all states."""
    return Cast(tmp_path, workers)
