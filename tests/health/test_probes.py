"""Probes for a platform."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app_srvc import db, webapp
from app_srvc.db import Connection
from tests.support.figures import TOKEN, figures


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {
        "status": "ok", "database": "ok", "migrations": "ok", "queue": "ok", "storage": "ok"
    }  # fmt: skip


def test_without_its_queue_it_is_still_ready_and_says_so(
    database: None, setting: Callable[..., None]
) -> None:
    setting(queue_url="unix:///nowhere.sock")
    response = webapp.create_app().test_client().get("/readyz")

    assert response.status_code == 200
    assert response.json is not None
    assert response.json["queue"] == "down"
    assert response.json["wrong"] == {
        "queue": "The queue's server does not answer; what is submitted is delivered later."
    }


def test_without_its_database_it_is_alive_and_not_ready(
    database: None, setting: Callable[..., None]
) -> None:
    setting(database_url="postgresql://somebody:secret-word@/cherha?host=/nowhere")
    db.close_idle()
    client = webapp.create_app().test_client()

    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["database"] == "down"
    assert ready.json["wrong"]["database"] == "The database does not answer."
    assert "secret-word" not in ready.text
    assert "nowhere" not in ready.text


@pytest.mark.parametrize(
    "lacking",
    ["DELETE FROM _yoyo_migration WHERE migration_id LIKE '0008%'", "DROP TABLE _yoyo_migration"],
)
def test_on_tables_of_an_older_version_it_is_not_ready(
    lacking: str,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    setting: Callable[..., None],
) -> None:
    from app_srvc.health.repository import standing

    look = standing.missing_migrations

    def look_and_undo(conn: Connection, wanted: frozenset[str]) -> set[str]:
        with conn.cursor() as cur:
            cur.execute(lacking)
        missing = look(conn, wanted)
        conn.rollback()
        return missing

    monkeypatch.setattr(standing, "missing_migrations", look_and_undo)
    setting(metrics_token=TOKEN)
    ready = client.get("/readyz")

    assert figures(client).of("cherha_ready", part="migrations") == 0
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["database"] == "ok"
    assert ready.json["migrations"] == "down"
    assert "run python -m app_srvc.migrate" in ready.json["wrong"]["migrations"]


def test_without_room_it_is_not_ready(client: FlaskClient, setting: Callable[..., None]) -> None:
    setting(min_free_bytes=10**15)
    ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json is not None
    assert list(ready.json["wrong"]) == ["storage"]


def test_without_its_folder_it_is_not_ready(
    client: FlaskClient, setting: Callable[..., None]
) -> None:
    setting(storage_url="file:///proc/nowhere")
    ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["wrong"] == {"storage": "The folder for files cannot be used."}
