"""Pages about processors: what operators see and press."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.processors.repository import cycles, loops, records
from tests.support import processing
from tests.support.accounts import logged_in, member
from tests.support.pages import look, press
from tests.support.people import guest, operator
from tests.support.rows import scalar


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    """Return the browser of an operator."""
    return operator(app)


def fields(page: str, action: str) -> dict[str, str]:
    """Return what a form on a page would send as it stands."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form is not None
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        known = {name: unescape(value) for name, value in re.findall(r'(\S+)="([^"]*)"', tag)}
        if known.get("type") != "checkbox" or " checked" in tag:
            found[known["name"]] = known.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', form[0], re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', form[0], re.S
    ):
        found[name] = unescape(text)
    return found


def send(client: FlaskClient, page: str, action: str, **changes: str) -> str:
    """Change some fields of a form, send it, and return what is shown then."""
    sent = fields(look(client, page).text, action) | changes
    answer = client.post(action, data=sent, headers={"Accept": "text/html"}, follow_redirects=True)
    return answer.text


def test_nobody_but_an_operator_finds_anything(app: Flask, boss: FlaskClient) -> None:
    processing.processor()
    plain = logged_in(app, member("plain"))

    for path in ("/processors/", "/processors/letters", "/processors/letters/records/"):
        assert look(plain, path).status_code == 404
        assert look(guest(app), path).status_code == 302
        assert look(boss, path).status_code == 200
    assert 'href="/processors/"' in look(boss, "/").text
    assert 'href="/processors/"' not in look(plain, "/").text


def test_an_empty_list_says_what_a_processor_is_and_offers_to_add_one(boss: FlaskClient) -> None:
    page = look(boss, "/processors/").text

    assert "There is none yet." in page
    added = send(
        boss, "/processors/", "/processors/", name="letters", title="Letters", handler="log"
    )
    assert "letters was added" in added
    assert "<h1>Letters</h1>" in added
    assert "stopped" in added


@pytest.mark.parametrize("name", ["", "Letters", "9", "x" * 51, "a b", "-"])
def test_a_name_that_cannot_be_is_refused_beside_its_field(name: str, boss: FlaskClient) -> None:
    answer = press(boss, "/processors/", name=name, title="My letters", handler="log")

    assert answer.status_code == 422
    assert "name-errors" in answer.text
    assert 'value="My letters"' in answer.text
    assert scalar("SELECT count(*) FROM processors") == 0


def test_a_name_is_taken_once(boss: FlaskClient) -> None:
    processing.processor()

    answer = press(boss, "/processors/", name="letters", title="Others", handler="log")
    assert answer.status_code == 409
    assert "There is a processor of that name already." in answer.text


def test_it_is_started_paused_stopped_and_run_once_by_buttons(boss: FlaskClient) -> None:
    processing.processor()
    processing.worker()

    def after(action: str) -> str:
        assert press(boss, f"/processors/letters/{action}").status_code == 303
        return look(boss, "/processors/letters").text

    assert "It waits for records." in after("start")
    assert "It begins nothing until somebody starts it." in after("pause")
    assert "It does nothing until somebody starts it." in after("stop")
    assert "It stops when this cycle has ended." in after("run")
    assert scalar("SELECT once FROM processors")


def test_a_button_in_the_list_leads_back_there(boss: FlaskClient) -> None:
    processing.processor()

    page = look(boss, "/processors/").text
    assert 'action="/processors/letters/start?back=list"' in page
    assert press(boss, "/processors/letters/start?back=list").location == "/processors/"


def test_what_is_in_work_is_seen_while_it_stops_and_stopped_at_once_by_a_second_press(
    boss: FlaskClient,
) -> None:
    processor_id = processing.processor()
    processing.add(processor_id, "a", "b", "c")
    processing.claim(processor_id)
    processing.take(processor_id, 2)

    page = look(boss, "/processors/letters").text
    assert "A cycle is under way." in page
    assert re.search(r"Cycle \d+: 0 of 3 handled", page)
    assert '<a href="/processors/letters/records/' in page
    press(boss, "/processors/letters/stop")
    page = look(boss, "/processors/letters").text
    assert "2 records are in work." in page
    assert "Stop now" in page
    press(boss, "/processors/letters/stop")
    page = look(boss, "/processors/letters").text
    assert "What is in work is being given back." in page
    assert "Stop now" not in page


def test_it_says_loudly_that_no_worker_is_there(boss: FlaskClient) -> None:
    processing.processor()
    told = "Nothing moves."

    assert told not in look(boss, "/processors/").text
    press(boss, "/processors/letters/start")
    assert told in look(boss, "/processors/").text
    assert told in look(boss, "/processors/letters").text
    processing.worker()
    assert told not in look(boss, "/processors/letters").text
    with db.transaction() as conn:
        conn.cursor().execute("UPDATE workers SET seen_at = now() - interval '31 seconds'")
    assert told in look(boss, "/processors/letters").text


def test_a_destination_that_is_down_and_a_reason_are_told(boss: FlaskClient) -> None:
    processing.processor(desired="running", probe_at="2030-01-01T00:00:00Z")
    processing.processor("others", desired="paused", reason="There is no secret “x”.")

    page = look(boss, "/processors/").text
    assert "destination down" in page
    assert "2030-01-01T00:00:00+00:00" in page
    assert "There is no secret “x”." in page


def test_parameters_act_while_it_runs(boss: FlaskClient) -> None:
    processing.processor()
    press(boss, "/processors/letters/start")

    page = send(
        boss, "/processors/letters", "/processors/letters/parameters",
        pause_seconds="0,5", batch_size="250", parallel="8", rate="12.5", timeout_seconds="600",
        on_unknown="retry", in_order="y",
    )  # fmt: skip

    assert "The parameters are saved" in page
    row = scalar(
        "SELECT concat_ws(' ', desired, pause_seconds, batch_size, parallel, rate, timeout_seconds,"
        " lease_seconds, on_unknown, in_order, own_process) FROM processors"
    )
    assert row == "running 0.5 250 8 12.5 600 630 retry t f"
    assert 'name="in_order" type="checkbox" value="y"' in page or "checked" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pause_seconds", "86401"), ("pause_seconds", "-1"), ("pause_seconds", "nan"),
        ("batch_size", "10001"), ("batch_size", "0"), ("batch_size", "9" * 30),
        ("parallel", "65"), ("rate", "0"), ("rate", "inf"), ("timeout_seconds", "x"),
        ("on_unknown", "odd"), ("title", ""), ("title", "\0"), ("version", "x"), ("version", "-1"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused(field: str, value: str, boss: FlaskClient) -> None:
    processing.processor()
    sent = fields(look(boss, "/processors/letters").text, "/processors/letters/parameters")

    answer = boss.post("/processors/letters/parameters", data=sent | {field: value})
    assert answer.status_code == 422
    assert scalar("SELECT version FROM processors") == 0


def test_of_two_editors_the_second_is_told_and_may_insist(boss: FlaskClient) -> None:
    processing.processor()
    action = "/processors/letters/parameters"
    seen = fields(look(boss, "/processors/letters").text, action)
    send(boss, "/processors/letters", action, parallel="3")

    answer = boss.post(action, data=seen | {"parallel": "5"}, headers={"Accept": "text/html"})
    assert answer.status_code == 409
    assert "Somebody else has changed it meanwhile" in answer.text
    assert scalar("SELECT parallel FROM processors") == 3
    again = fields(answer.text, action)
    assert again["parallel"] == "5"
    assert boss.post(action, data=again).status_code == 303
    assert scalar("SELECT parallel FROM processors") == 5


def test_the_last_cycles_and_the_counts_are_shown(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    processing.boxed(processor_id, 2)
    processing.boxed(processor_id, 1, "unknown")
    processing.add(processor_id, "done", "waits")
    processing.claim(processor_id)
    with db.transaction() as conn:
        records.complete(conn, processing.take(processor_id)[0])
        loops.stop(conn, processor_id)
        assert cycles.close_cycle(conn, processor_id)

    page = look(boss, "/processors/letters").text
    found = re.findall(r'<div class="(\w+)(?: none)?"><dt>[^<]*</dt><dd>(?:<a [^>]*>)?(\d+)', page)
    counts = dict(found)
    assert counts == {
        "new": "1", "queued": "0", "running": "0", "done": "1", "retry": "0", "uncertain": "1",
        "dead": "2",
    }  # fmt: skip
    assert page.count('<td class="number clock">') == 3


def test_who_did_what_is_on_a_page_of_its_own(app: Flask) -> None:
    client = logged_in(app, member("olena", role="operator"))
    press(client, "/processors/", name="letters", title="Letters", handler="log")
    press(client, "/processors/letters/start")
    send(client, "/processors/letters", "/processors/letters/parameters", parallel="7")

    page = look(client, "/processors/letters/audit").text
    assert re.findall(r"<bdi>olena</bdi></strong>: ([^<]+?)\s*<", page) == [
        "changed parameters", "started", "added",
    ]  # fmt: skip
    assert "<del><kbd>2</kbd></del>" in page
    assert "<ins><kbd>7</kbd></ins>" in page
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO processor_audit (processor_id, actor, action)"
            " SELECT id, '', 'pause' FROM processors, generate_series(1, 50)"
        )
    older = re.search(r'rel="next" href="([^"]+)"', look(client, "/processors/letters/audit").text)
    assert older is not None
    assert "changed parameters" in look(client, older[1]).text
    assert look(client, "/processors/letters/audit?before=odd").status_code == 400


def test_only_one_that_is_stopped_is_deleted_with_all_that_it_has(boss: FlaskClient) -> None:
    processor_id = processing.processor()
    processing.boxed(processor_id)
    press(boss, "/processors/letters/start")

    assert press(boss, "/processors/letters/delete").status_code == 409
    press(boss, "/processors/letters/stop")
    assert press(boss, "/processors/letters/delete").location == "/processors/"
    assert scalar("SELECT count(*) FROM records") == 0
    assert look(boss, "/processors/letters").status_code == 404
    assert look(boss, "/processors/letters/events").status_code == 404


def test_a_handler_that_this_server_does_not_have_is_told(boss: FlaskClient) -> None:
    processing.processor(handler="gone")

    page = look(boss, "/processors/letters").text
    assert "This server has no handler “gone”." in page
    press(boss, "/processors/letters/start")
    assert "This server has no handler “gone”." in look(boss, "/processors/letters").text
    assert scalar("SELECT desired FROM processors") == "stopped"


def test_events_bring_all_parts_at_once(boss: FlaskClient) -> None:
    processing.processor()
    for path in ("/processors/-/events", "/processors/letters/events"):
        answer = boss.get(path, buffered=False)
        pieces = answer.iter_encoded()
        assert next(pieces).startswith(b"retry:")
        told = next(pieces).decode()
        answer.close()
        assert told.startswith("event: parts\n")
        for part in (
            "banner",
            "standing-letters",
            "acts-letters",
            "work-letters",
            "figures-letters",
        ):
            assert f'"{part}"' in told
