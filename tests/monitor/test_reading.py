"""What rqmonitor shows: on an rq and a Flask that it does not know, and without harm."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from app_srvc import settings, webapp
from app_srvc.monitor import redis_side
from app_srvc.queues import Queue
from tests.monitor.support import STATUSES, Cast, ask, listed, queue, raw
from tests.support import tasks
from tests.support.accounts import logged_in, member
from tests.support.pages import HTML, look
from tests.support.submitting import submit
from tests.support.workers import Workers, wait_for

PAGES = ("", "jobs_dashboard", "workers_dashboard", "queues_dashboard", "queues/sidebar")
LISTS = ("queues", "workers", "redis/memory")
HOSTILE = "<img src=x onerror=alert(1)>\"'"


def test_every_page_and_list_is_there(boss: FlaskClient, cast: Cast) -> None:
    for path in PAGES:
        assert look(boss, f"/rqmonitor/{path}").status_code == 200, path
    for path in LISTS:
        ask(boss, path)
    assert "Resume" not in look(boss, "/rqmonitor/workers_dashboard").text
    assert look(boss, "/rqmonitor").status_code == 308


def test_jobs_are_listed_in_each_status(boss: FlaskClient, cast: Cast) -> None:
    for status in STATUSES:
        assert listed(boss, status) == [cast.all[status]], status
    assert set(listed(boss)) == set(cast.all.values())
    assert listed(boss, "nonsense") == []
    counts = {row["queue_name"]: row["job_count"] for row in ask(boss, "queues")["data"]}
    assert counts[Queue.STT] == 1


def test_a_card_says_what_the_job_is_and_what_went_wrong(boss: FlaskClient, cast: Cast) -> None:
    query = {"start": 0, "length": 50, "draw": 7}
    named = {"queues[]": [Queue.STT], "jobstatus[]": ["failed"]}
    told = ask(boss, "jobs", **query, **named)

    assert (told["draw"], told["recordsTotal"], told["recordsFiltered"]) == (7, 1, 1)
    card = told["data"][0]["job_info"]
    assert card["job_id"] == cast.failed
    assert card["job_description"] == f"support.refuse({cast.failed})"
    assert "The file is no good." in card["job_exc_info"]
    assert (card["job_status"], card["job_queue"]) == ("failed", "stt")
    assert card["job_created_time_humanize"].endswith(("now", "ago"))


def test_a_page_has_the_jobs_that_stand_there_across_statuses(boss: FlaskClient) -> None:
    ids = [submit(tasks.refuse) for _ in range(5)]
    with raw() as client:
        for number, job_id in enumerate(ids[3:]):
            client.zadd("rq:finished:stt", {job_id: 9e9 + number})
            client.lrem("rq:queue:stt", 0, job_id)

    pages = [listed(boss, "queued", "finished", start=start, length=2) for start in (0, 2, 4, 6)]
    assert pages == [ids[:2], [ids[2], ids[4]], [ids[3]], []]
    assert listed(boss, "queued", length=100_000) == ids[:3]


def test_workers_are_listed_busy_and_idle(boss: FlaskClient, cast: Cast, workers: Workers) -> None:
    workers.start()

    def both() -> Any:
        rows = ask(boss, "workers")["data"]
        return rows if {row["status"] for row in rows} == {"busy", "idle"} else None

    busy, idle = sorted(wait_for(both), key=lambda row: row["status"])
    assert busy["current_job_id"] == cast.started
    assert busy["listening_on"] == "stt, stt-segments"
    assert busy["host_ip"] not in {"", "Unresolved"}
    assert not idle["current_job_id"]
    told = ask(boss, "workers/info", worker_id=busy["worker_name"])
    assert told["worker_current_job_id"] == cast.started
    assert told["worker_ttl"] > 0
    assert told["worker_death_date"] == "Is Alive"
    gone = boss.get("/rqmonitor/workers/info?worker_id=nobody")
    assert (gone.status_code, "no such worker" in gone.text) == (404, True)


def test_the_password_of_redis_is_on_no_page(
    boss: FlaskClient, cast: Cast, setting: Callable[..., None]
) -> None:
    for url in (
        "redis://:pass%2Fword@h:1/0", "rediss://me:password@h:1/0?password=password",
        "unix://me:password@/run/redis.sock?db=1&password=password",
    ):  # fmt: skip
        shown = redis_side.shown_url(url)
        assert not re.search("word|me", shown), shown
    with raw() as client:
        client.acl_setuser(
            "monitor", enabled=True, passwords=["+very-secret"], categories=["+@all"],
            keys=["*"], channels=["*"],
        )  # fmt: skip
    setting(queue_url=_with_login(settings.load().queue_url, "monitor", "very-secret"))
    app = webapp.create_app()
    client_of = logged_in(app, member("ben", role="operator"))

    query = "start=0&length=50&draw=1&" + "&".join(
        ["queues[]=stt", *(f"jobstatus[]={status}" for status in STATUSES)]
    )
    for path in (*PAGES, *LISTS, f"jobs?{query}", f"job/{cast.failed}"):
        answer = look(client_of, f"/rqmonitor/{path}")
        assert answer.status_code == 200, path
        assert "very-secret" not in answer.text
        assert "very-secret" not in str(answer.headers)


def _with_login(url: str, login: str, password: str) -> str:
    scheme, rest = url.split("://")
    return f"{scheme}://{login}:{password}@{rest.rpartition('@')[2]}"


def test_names_are_shown_and_not_run(boss: FlaskClient) -> None:
    queue(HOSTILE).enqueue("x.y", job_id="a", description=HOSTILE)
    with raw() as client:
        key = f"rq:worker:{HOSTILE}"
        client.sadd("rq:workers", key)
        client.hset(key, mapping={"queues": HOSTILE, "state": "idle", "hostname": HOSTILE})
    query = {"start": 0, "length": 50, "draw": 1}
    named = {"queues[]": [HOSTILE], "jobstatus[]": ["queued"]}

    assert len(ask(boss, "jobs", **query, **named)["data"]) == 1
    for told in (ask(boss, "queues"), ask(boss, "workers"), ask(boss, "jobs", **query, **named)):
        assert "&lt;img src" in json.dumps(told)
        assert "<img src" not in json.dumps(told)
    for path in ("", "queues/sidebar", "job/a"):
        assert "<img src=x" not in look(boss, f"/rqmonitor/{path}").text


def test_nothing_in_redis_is_unpickled(boss: FlaskClient, tmp_path: Any) -> None:
    bomb = f"cposix\nsystem\n(S'touch {tmp_path}/run'\ntR.".encode()
    submitted = queue().enqueue("x.y", job_id="bad")
    with raw() as client:
        client.hset(submitted.key, mapping={"meta": bomb, "data": bomb, "result": bomb})
        client.xadd("rq:results:bad", {"type": 1, "return_value": bomb, "worker_name": "w"})
        client.hset("rq:job:worse", mapping={"data": b"?", "status": "nonsense", "ttl": "x"})
        client.hset("rq:job:worst", mapping={"last_heartbeat": "x"})
        client.rpush("rq:queue:stt", "worse", "worst", "gone")

    assert listed(boss, "queued") == ["bad", "worse"]
    assert "They cannot be read." in look(boss, "/rqmonitor/job/bad").text
    assert look(boss, "/rqmonitor/job/worse").status_code == 200
    assert look(boss, "/rqmonitor/job/worst").status_code == 404
    assert list(tmp_path.iterdir()) == []


def test_to_look_cleans_nothing_up_and_calls_nobody(boss: FlaskClient) -> None:
    job = queue().enqueue("x.y", job_id="abandoned")
    with raw() as client:
        client.delete("rq:queue:stt")
        client.hset(job.key, mapping={"status": "started", "failure_callback_name": "os.abort"})
        client.zadd(StartedJobRegistry("stt", connection=client).key, {"abandoned:1": 1})
        client.zadd("rq:finished:stt", {"abandoned": 1})
        before = client.dump("rq:wip:stt"), client.dump("rq:finished:stt")

        assert listed(boss, "started") == ["abandoned"]
        assert listed(boss, "finished") == ["abandoned"]
        look(boss, "/rqmonitor/")
        assert (client.dump("rq:wip:stt"), client.dump("rq:finished:stt")) == before


def test_a_job_has_a_page_with_all_that_rq_holds(boss: FlaskClient, cast: Cast) -> None:
    page = look(boss, f"/rqmonitor/job/{cast.failed}").text
    assert f"/jobs/{cast.failed}" in page
    assert "The file is no good." in page
    assert "Traceback" in page
    assert f"support.refuse({cast.failed})" in page
    assert f"&#39;{cast.failed}&#39;" in page
    assert cast.failed in boss.get(f"/rqmonitor/job/?id={cast.failed}").location
    finished = look(boss, f"/rqmonitor/job/{cast.finished}").text
    assert "successful" in finished
    started = look(boss, f"/rqmonitor/job/{cast.started}").text
    assert ask(boss, "workers")["data"][0]["worker_name"] in started
    assert "There is no job behind it." in look(boss, _wakeup()).text
    assert look(boss, "/rqmonitor/job/nothing").status_code == 404
    assert look(boss, "/rqmonitor/job/a:b").status_code == 404


def _wakeup() -> str:
    with raw() as client, suppress(ValueError):
        Job.create("lane", id="lane_1", connection=client, serializer=JSONSerializer).save()
    return "/rqmonitor/job/lane_1"


def test_what_the_server_was_doing_is_in_the_log_alone(
    boss: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with raw() as client:
        client.set("rq:queue:stt", "no list")
        client.sadd("rq:queues", "rq:queue:stt")
    for path, status in (
        ("queues", 500), ("workers/info", 400), ("jobs", 400),
        ("queues?redis_instance_index=1", 400),
        ("queues?redis_instance_index=-1", 400), ("jobs?start=x&length=1&draw=1", 400),
    ):  # fmt: skip
        answer = boss.get(f"/rqmonitor/{path}", headers={"Accept": "application/json"})
        assert answer.status_code == status, path
        assert answer.json is not None
        assert answer.json["traceback"] == ""
        assert "File" not in answer.json["message"]
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    assert "WRONGTYPE" in caplog.text


def test_a_redis_that_is_away_is_said_so(boss: FlaskClient, setting: Callable[..., None]) -> None:
    cookie = boss.get_cookie("cherha")
    setting(queue_url="redis://127.0.0.1:1/0")
    app = webapp.create_app()
    client = app.test_client()
    assert cookie is not None
    client.set_cookie("cherha", cookie.value)

    for path in ("", "queues", "job/a"):
        answer = client.get(f"/rqmonitor/{path}", headers=HTML)
        assert answer.status_code == 503, path
        assert "The queue server does not answer." in answer.text


def test_what_the_pages_may_run_is_as_little_as_elsewhere(app: Flask, boss: FlaskClient) -> None:
    answer = look(boss, "/rqmonitor/")

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert policy.count("unsafe-inline") == 1
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=", answer.text)
    with boss.get("/rqmonitor/static/assets/images/redis.png") as picture:
        assert picture.headers["Cache-Control"] == "private, no-cache"
