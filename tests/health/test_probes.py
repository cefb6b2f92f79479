"""Probes for a platform."""

from collections.abc import Callable

from flask.testing import FlaskClient

from app_srvc import webapp


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {
        "status": "ok", "database": "ok", "queue": "ok", "storage": "ok"
    }  # fmt: skip


def test_without_its_queue_it_is_still_ready(database: None, setting: Callable[..., None]) -> None:
    setting(queue_url="unix:///nowhere.sock")
    response = webapp.create_app().test_client().get("/readyz")

    assert response.status_code == 200
    assert response.json is not None
    assert response.json["queue"] == "down"


def test_without_its_database_it_is_alive_and_not_ready(
    database: None, setting: Callable[..., None]
) -> None:
    from app_srvc import db

    setting(database_url="postgresql:///cherha?host=/nowhere&user=x")
    db.close_idle()
    client = webapp.create_app().test_client()

    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["database"] == "down"


def test_without_room_it_is_not_ready(client: FlaskClient, setting: Callable[..., None]) -> None:
    setting(min_free_bytes=10**15)

    assert client.get("/readyz").status_code == 503
