"""The page of what is kept for how long."""

import re
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.accounts import operator_links
from app_srvc.retention.repository import counts, ordered
from tests.support import keeping
from tests.support.accounts import logged_in, member
from tests.support.pages import HTML, look, press, token
from tests.support.people import guest, operator
from tests.support.rows import rows, scalar

PATH = "/ops/retention"
JSON = {"Accept": "application/json"}


def post(client: FlaskClient, **fields: object) -> int:
    """Save what a form has, and return the status of the answer."""
    return press(client, PATH, **{name: str(value) for name, value in fields.items()}).status_code


def flat(page: str) -> str:
    """Return the words of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_it_says_what_is_kept_for_how_long_and_on_whose_word(app: Flask) -> None:
    keeping.ended(25, size=2_500_000)
    keeping.ended(31, size=1)
    keeping.cycle(1)

    page = flat(look(operator(app), PATH).text)
    assert "Files of jobs" in page
    assert "30 days by default 2 1 (0 MB) 2 (2.5 MB)" in page
    assert "365 days by default 2 0 0" in page
    assert "Records of Letters" in page
    assert "30 days set on its page" in page
    assert "Nobody has changed anything here" in page


def test_looking_comes_before_saving_and_changes_nothing(app: Flask) -> None:
    client = operator(app)
    keeping.ended(10, size=4_000_000)
    first = look(client, PATH).text
    assert f'action="{PATH}" method="post"' not in first
    assert f'action="{PATH}#would" method="get"' in first

    page = look(client, f"{PATH}?files_days=7&jobs_days=365&history_days=365").text
    assert "Nothing has been changed yet." in page
    assert "Files of jobs 1 (4 MB)" in flat(page)
    assert 'class="danger"' in page
    assert scalar("SELECT count(*) FROM kept_periods") == 0
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields.pop("csrf_token")
    assert fields.pop("back").startswith(PATH)
    assert fields == {
        "version": "0", "files_days": "7", "jobs_days": "365", "history_days": "365"
    }  # fmt: skip

    answer = press(client, PATH, **fields)
    assert (answer.status_code, answer.location) == (303, PATH)
    assert "7 days set here" in flat(look(client, PATH).text)
    keeping.sweep()
    assert scalar("SELECT count(*) FROM files") == 0


def test_who_changed_what_from_what_to_what_is_kept(app: Flask) -> None:
    client = logged_in(app, member("ann", role="operator"))
    assert post(client, version=0, files_days=7, jobs_days=365, history_days=100) == 303
    assert post(operator(app), version=1, files_days=9, jobs_days=365, history_days=100) == 303
    # Who saves what is there already has changed nothing.
    assert post(client, version=2, files_days=9, jobs_days=365, history_days=100) == 303

    assert rows("SELECT actor, before, after FROM kept_periods_audit ORDER BY id") == [
        ("ann", {"files_days": 30, "history_days": 365}, {"files_days": 7, "history_days": 100}),
        ("operator", {"files_days": 7}, {"files_days": 9}),
    ]
    page = flat(look(client, PATH).text)
    assert re.search(r"operator .{20,40} UTC Files of jobs, days: 7 → 9", page)
    assert re.search(r"ann .{20,40} UTC Files of jobs, days: 30 → 7 Cycles", page)


def test_of_two_editors_the_second_is_asked_to_look_again(app: Flask) -> None:
    ann, ben = (logged_in(app, member(name, role="operator")) for name in ("ann", "ben"))
    assert post(ann, version=0, files_days=7) == 303

    refused = press(ben, PATH, version="0", files_days="8", jobs_days="40")
    assert refused.status_code == 409
    assert "Somebody else has changed it meanwhile." in refused.text
    assert "Nothing has been changed yet." in refused.text
    assert 'name="version" value="1"' in refused.text
    assert rows("SELECT files_days, jobs_days, version FROM kept_periods") == [(7, None, 1)]
    assert post(ben, version=1, files_days=8, jobs_days=40) == 303
    assert rows("SELECT files_days, jobs_days, version FROM kept_periods") == [(8, 40, 2)]


def test_of_two_at_the_same_moment_one_wins(app: Flask) -> None:
    clients = [operator(app) for _ in range(4)]
    tokens = [token(client) for client in clients]
    statuses = []

    def save(number: int) -> None:
        data = {"csrf_token": tokens[number], "version": "0", "files_days": str(number + 1)}
        statuses.append(clients[number].post(PATH, data=data, headers=HTML).status_code)

    threads = [Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 409, 409, 409]
    assert scalar("SELECT count(*) FROM kept_periods_audit") == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0", "This takes a number from 1 to 100,000."),
        ("-3", "This takes a number from 1 to 100,000."),
        ("100001", "This takes a number from 1 to 100,000."),
        ("9" * 40, "There are not that many."),
        ("soon", "This takes a number."),
        ("7.5", "This takes a number."),
        ("\0", "This takes a number."),
        ("", "This cannot be empty."),
        (" ", "This cannot be empty."),
    ],
)
def test_what_is_no_number_of_days_is_told_beside_its_field(
    text: str, sentence: str, app: Flask
) -> None:
    client = operator(app)
    asked = client.get(PATH, query_string={"jobs_days": text, "files_days": "7"}, headers=HTML)
    sent = press(client, PATH, version="0", jobs_days=text, files_days="7")

    for answer in (asked, sent):
        assert answer.status_code == 422
        beside = re.search(r'id="jobs_days-errors"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
        assert beside is not None
        assert sentence in beside[1]
        assert answer.text.count("<li>") == 1
        assert 'name="files_days"' in answer.text
        assert 'value="7"' in answer.text, "what was right is still there"
        assert "Nothing has been changed yet." not in answer.text
    assert scalar("SELECT count(*) FROM kept_periods") == 0


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "3"])
def test_a_version_that_there_never_was_saves_nothing(version: str, app: Flask) -> None:
    assert post(operator(app), version=version, files_days=7) == 409
    assert scalar("SELECT count(*) FROM kept_periods") == 0


def test_programs_read_and_set_the_same(app: Flask) -> None:
    client = operator(app)
    headers = JSON | {"X-CSRFToken": token(client)}
    found = client.get(PATH, headers=JSON).json
    assert found is not None
    assert found["version"] == 0
    assert found["would_go"] is None
    assert {kind["kind"] for kind in found["kinds"]} >= {"files", "jobs", "past cycles", "attempts"}

    for body, fields in (
        ({"files_days": None}, {"files_days"}), ({"files_days": "x", "jobs_days": 0},
        {"files_days", "jobs_days"}), ({"odd": 1}, {"odd"}), ([], set()), ({"files_days": []},
        {"files_days"}),
    ):  # fmt: skip
        refused = client.post(PATH, json=body, headers=headers)
        assert refused.status_code == 422
        assert refused.json is not None
        assert set(refused.json.get("errors", {})) == fields
    saved = client.post(PATH, json={"version": 0, "files_days": 7}, headers=headers)
    assert saved.json is not None
    assert saved.json["periods"]["files_days"] == {"days": 7, "source": "page"}
    assert saved.json["changes"][0]["after"] == {"files_days": 7}
    again = client.post(PATH, json={"version": 0, "files_days": 8}, headers=headers)
    assert again.status_code == 409


def test_it_is_for_operators_only(app: Flask) -> None:
    stranger, user = guest(app), logged_in(app, member("ben"))

    for client, status in ((stranger, 401), (user, 404)):
        assert client.get(f"{PATH}?files_days=1", headers=JSON).status_code == status
        assert press(client, PATH, version="0", files_days="1").status_code == status
        assert "Retention" not in look(client, "/").text
    assert scalar("SELECT count(*) FROM kept_periods") == 0
    assert PATH in look(operator(app), "/").text
    assert operator_links.make_link() is not None


def test_a_form_without_its_token_changes_nothing(app: Flask) -> None:
    client = operator(app)
    assert client.post(PATH, data={"version": "0", "files_days": "1"}).status_code == 400
    assert scalar("SELECT count(*) FROM kept_periods") == 0


def test_it_counts_no_further_than_it_has_to(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (counts, ordered):
        monkeypatch.setattr(module, "MOST", 2)
    for days in (19, 20, 21, 22):
        keeping.ended(days, size=1_000_000)
    keeping.cycle(1)
    for key in ("a", "b", "c"):
        keeping.done(40, key)
    with db.transaction() as conn, conn.cursor() as cur:
        cur.execute("ANALYZE files; ANALYZE jobs; ANALYZE records")

    page = flat(look(operator(app), f"{PATH}?files_days=7").text)
    assert "Files of jobs about 4 (about 4 MB)" in page
    assert "30 days by default about 4 0 0" in page
    assert "30 days set on its page about 3 about 3 about 3" in page


@pytest.mark.parametrize("language", ["uk", "zh_Hant"])
def test_it_speaks_the_language_of_its_reader(language: str, app: Flask) -> None:
    client = operator(app)
    client.set_cookie("language", language)
    keeping.ended(10, size=10)

    for query in ("", "?files_days=7", "?files_days=0"):
        page = flat(look(client, f"{PATH}{query}").text.partition("<main")[2].partition("<foot")[0])
        page = re.sub(r"RETENTION_DAYS|HISTORY_DAYS|UTC|MB", "", page)
        assert re.findall(r"[A-Za-z]{2,}", page.partition(">")[2]) == []
