"""A walk over every address there is, by everybody in the cast: who may come in where.

The addresses come from the application itself, so one that is added without a rule fails here.
"""

import base64
from collections.abc import Callable
from typing import NamedTuple

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from app_srvc import db
from app_srvc.jobs import submission
from app_srvc.mail import posting
from tests.processors.importing import support as importing
from tests.support import detecting, processing, transcripts
from tests.support.accounts import add_user, logged_in, member
from tests.support.pages import HTML, press, token, upload
from tests.support.people import guest, program
from tests.support.performing import perform
from tests.support.recordings import recording
from tests.support.registering import job_of, register
from tests.support.registering import send as send_form
from tests.support.rows import scalar

IN, LOGIN, NOTHING = "comes in", "is led to the login", "finds nothing"

WHO = ("stranger", "guest", "owner", "other", "operator")


class Rule(NamedTuple):
    """What each of the cast meets."""

    stranger: str
    guest: str
    owner: str
    other: str
    operator: str


EVERYBODY = Rule(IN, IN, IN, IN, IN)
OWN = Rule(NOTHING, NOTHING, IN, NOTHING, IN)
ACCOUNT = Rule(LOGIN, LOGIN, IN, IN, IN)
OF_ACCOUNT = Rule(LOGIN, LOGIN, IN, NOTHING, NOTHING)
OPERATORS = Rule(LOGIN, LOGIN, NOTHING, NOTHING, IN)
# Without FLOWER_URL there is none.
NOT_RUN = OPERATORS._replace(operator=NOTHING)
# The secret in the address decides; here it is a wrong one.
BY_LINK = Rule(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
# What ALLOW_GUESTS=false shuts.
SUBMITTERS = EVERYBODY._replace()
SHUT = Rule(LOGIN, LOGIN, IN, IN, IN)

RULES: dict[tuple[str, str], Rule] = {
    ("GET", "static"): EVERYBODY,
    ("GET", "packaged.show"): EVERYBODY,
    ("GET", "home.index"): EVERYBODY,
    ("POST", "home.choose_language"): EVERYBODY,
    ("GET", "health.alive"): EVERYBODY,
    ("GET", "health.ready"): EVERYBODY,
    ("GET", "metrics.show"): OPERATORS,
    ("GET", "jobs.index"): EVERYBODY,
    ("GET", "jobs.show"): OWN,
    ("GET", "jobs.events"): OWN,
    ("POST", "jobs.cancel"): OWN,
    ("POST", "jobs.retry"): OWN,
    ("POST", "jobs.delete"): OWN,
    ("GET", "jobs_api.index"): EVERYBODY,
    ("GET", "jobs_api.show"): OWN,
    ("POST", "jobs_api.cancel"): OWN,
    ("POST", "jobs_api.retry"): OWN,
    ("DELETE", "jobs_api.delete"): OWN,
    ("GET", "speech.index"): SUBMITTERS,
    ("POST", "speech.upload"): SUBMITTERS,
    ("GET", "speech.show"): OWN,
    ("GET", "speech.segments"): OWN,
    ("GET", "speech.recording"): OWN,
    ("GET", "speech.download"): OWN,
    ("POST", "speech.rename"): OWN,
    ("POST", "speech.again"): OWN,
    ("GET", "document.index"): SUBMITTERS,
    ("POST", "document.bundle"): SUBMITTERS,
    ("GET", "document.passage"): OWN,
    ("POST", "document.correct"): OWN,
    ("POST", "document.bring_back"): OWN,
    ("GET", "document.history"): OWN,
    ("GET", "document.people"): OWN,
    ("POST", "document.assign"): OWN,
    ("POST", "document.rename"): OWN,
    ("GET", "document.links"): OWN,
    ("POST", "document.share"): OWN,
    ("POST", "document.revoke"): OWN,
    ("POST", "jobs.undo"): OWN,
    ("GET", "shared.show"): BY_LINK,
    ("GET", "shared.recording"): BY_LINK,
    ("GET", "shared.download"): BY_LINK,
    ("POST", "speech_api.native"): SUBMITTERS,
    ("POST", "speech_api.submit"): SUBMITTERS,
    ("GET", "speech_api.show"): OWN,
    ("GET", "speech_openai.models"): SUBMITTERS,
    ("GET", "speech_openai.show_model"): SUBMITTERS,
    ("POST", "speech_openai.transcribe"): SUBMITTERS,
    ("GET", "detection.index"): SUBMITTERS,
    ("POST", "detection.upload"): SUBMITTERS,
    ("GET", "detection.show"): OWN,
    ("GET", "detection.picture"): OWN,
    ("GET", "detection.drawn"): OWN,
    ("GET", "detection.objects"): OWN,
    ("POST", "detection_api.submit"): SUBMITTERS,
    ("GET", "detection_api.show"): OWN,
    ("POST", "uploads.create"): SUBMITTERS,
    ("OPTIONS", "uploads.describe"): SUBMITTERS,
    ("HEAD", "uploads.show"): OWN,
    ("PATCH", "uploads.resume"): OWN,
    ("DELETE", "uploads.cancel"): OWN,
    ("POST", "uploads.override"): OWN,
    ("GET", "calls.index"): SUBMITTERS,
    ("POST", "calls.attempt"): SUBMITTERS,
    ("GET", "calls_api.index"): SUBMITTERS,
    ("GET", "calls_api.ask"): SUBMITTERS,
    ("POST", "calls_api.send"): SUBMITTERS,
    ("GET", "calls_api.result"): OWN,
    ("GET", "usrreg.index"): EVERYBODY,
    ("POST", "usrreg.register"): EVERYBODY,
    ("GET", "usrreg.show"): OWN,
    ("GET", "accounts.log_in"): EVERYBODY,
    ("POST", "accounts.log_in"): EVERYBODY,
    ("POST", "accounts.log_out"): EVERYBODY,
    ("GET", "accounts.forgotten"): EVERYBODY,
    ("POST", "accounts.forgotten"): EVERYBODY,
    ("GET", "accounts.password"): BY_LINK,
    ("POST", "accounts.password"): BY_LINK,
    ("GET", "accounts.operator"): EVERYBODY,
    ("POST", "accounts.become_operator"): BY_LINK,
    ("POST", "accounts.leave"): EVERYBODY,
    ("GET", "account.index"): ACCOUNT,
    ("POST", "account.change_password"): ACCOUNT,
    ("POST", "account.make_token"): ACCOUNT,
    ("POST", "account.revoke_token"): OF_ACCOUNT,
    ("POST", "account.choose_language"): ACCOUNT,
    ("GET", "account.export"): ACCOUNT,
    ("POST", "account.end_sessions"): ACCOUNT,
    ("POST", "account.delete"): ACCOUNT,
    ("POST", "wishes.change"): Rule(LOGIN, LOGIN, IN, NOTHING, NOTHING),
    ("GET", "webhooks.index"): ACCOUNT,
    ("POST", "webhooks.change"): ACCOUNT,
    ("POST", "webhooks.remove"): ACCOUNT,
    ("POST", "webhooks.again"): OF_ACCOUNT,
    ("GET", "userlist.index"): OPERATORS,
    ("GET", "userlist.export"): OPERATORS,
    ("POST", "userlist.lock"): OPERATORS,
    ("POST", "userlist.unlock"): OPERATORS,
    ("POST", "userlist.link"): OPERATORS,
    ("GET", "importing.index"): OPERATORS,
    ("POST", "importing.upload"): OPERATORS,
    ("GET", "importing.show"): OPERATORS,
    ("GET", "importing.faults"): OPERATORS,
    ("GET", "importing.find"): OPERATORS,
    ("POST", "importing_api.add"): OPERATORS,
    ("GET", "processors.index"): OPERATORS,
    ("POST", "processors.add"): OPERATORS,
    ("GET", "processors.list_events"): OPERATORS,
    ("GET", "processors.show"): OPERATORS,
    ("GET", "processors.events"): OPERATORS,
    ("POST", "processors.act"): OPERATORS,
    ("POST", "processors.change"): OPERATORS,
    ("POST", "processors.configure"): OPERATORS,
    ("POST", "processors.choose_source"): OPERATORS,
    ("POST", "processors.delete"): OPERATORS,
    ("GET", "processors.history"): OPERATORS,
    ("GET", "processor_records.index"): OPERATORS,
    ("GET", "processor_records.find"): OPERATORS,
    ("GET", "processor_records.export"): OPERATORS,
    ("POST", "processor_records.change"): OPERATORS,
    ("GET", "processor_records.show"): OPERATORS,
    ("GET", "processor_records.download"): OPERATORS,
    ("POST", "processor_records.edit"): OPERATORS,
    ("POST", "processor_records.try_out"): OPERATORS,
    ("GET", "processors_api.index"): OPERATORS,
    ("GET", "processors_api.show"): OPERATORS,
    ("POST", "processors_api.act"): OPERATORS,
    ("PATCH", "processors_api.change"): OPERATORS,
    ("PATCH", "processors_api.choose_source"): OPERATORS,
    ("GET", "processors_api.records"): OPERATORS,
    ("POST", "processors_api.change_records"): OPERATORS,
    ("GET", "retention.index"): OPERATORS,
    ("POST", "retention.save"): OPERATORS,
    ("GET", "ops.index"): OPERATORS,
    ("POST", "ops.retry"): OPERATORS,
    ("GET", "ops_api.show"): OPERATORS,
    ("GET", "mail.index"): OPERATORS,
    ("GET", "mail.show"): OPERATORS,
    ("POST", "mail.again"): OPERATORS,
    ("GET", "flower.show"): NOT_RUN,
    ("POST", "flower.list_tasks"): NOT_RUN,
    ("GET", "rqmonitor.static"): OPERATORS,
    ("GET", "rqmonitor.home"): OPERATORS,
    ("GET", "rqmonitor.get_jobs_dashboard"): OPERATORS,
    ("GET", "rqmonitor.get_workers_dashboard"): OPERATORS,
    ("GET", "rqmonitor.get_queues_dashboard"): OPERATORS,
    ("GET", "rqmonitor.list_queues_api"): OPERATORS,
    ("GET", "rqmonitor.list_workers_api"): OPERATORS,
    ("GET", "rqmonitor.refresh_sidebar_queues"): OPERATORS,
    ("GET", "rqmonitor.list_jobs_api"): OPERATORS,
    ("GET", "rqmonitor.worker_info_api"): OPERATORS,
    ("GET", "rqmonitor.redis_memory_api"): OPERATORS,
    ("POST", "rqmonitor.delete_workers_api"): OPERATORS,
    ("POST", "rqmonitor.suspend_workers_api"): OPERATORS,
    ("POST", "rqmonitor.resume_workers_api"): OPERATORS,
    ("POST", "rqmonitor.delete_queue_api"): OPERATORS,
    ("POST", "rqmonitor.empty_queue_api"): OPERATORS,
    ("POST", "rqmonitor.delete_all_queues_api"): OPERATORS,
    ("POST", "rqmonitor.empty_all_queues_api"): OPERATORS,
    ("POST", "rqmonitor.cancel_job_api"): OPERATORS,
    ("POST", "rqmonitor.requeue_job_api"): OPERATORS,
    ("POST", "rqmonitor.delete_job_api"): OPERATORS,
    ("POST", "rqmonitor.delete_all_jobs_api"): OPERATORS,
    ("POST", "rqmonitor.requeue_failed_jobs_api"): OPERATORS,
    ("POST", "rqmonitor.cancel_queued_jobs_api"): OPERATORS,
    ("GET", "api_docs.document"): EVERYBODY,
    ("GET", "api_docs.index"): EVERYBODY,
    ("GET", "api_docs.attempt"): EVERYBODY,
    ("GET", "api_docs.asset"): EVERYBODY,
    ("GET", "monitor.find"): OPERATORS,
    ("GET", "monitor.show"): OPERATORS,
}

STATIC_FILES = {
    "static": "style.css", "rqmonitor.static": "assets/libs/css/style.css",
    "api_docs.asset": "swagger-ui.css",
}  # fmt: skip


def routes(app: Flask) -> set[tuple[str, str]]:
    """Return every method of every address, but those that the framework adds."""
    found = set()
    for rule in app.url_map.iter_rules():
        methods = set(rule.methods or ())
        if len(methods) > 1:
            methods.discard("OPTIONS")
        if "GET" in methods:
            methods.discard("HEAD")
        found |= {(method, rule.endpoint) for method in methods}
    return found


def test_every_address_has_a_rule(app: Flask) -> None:
    assert routes(app) == set(RULES)


class Cast:
    """Everybody, each in a browser of their own, and things that are the owner's."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._processors: list[int] = []

    def client(self, who: str) -> FlaskClient:
        """Return a browser in which somebody comes along."""
        if who == "stranger":
            return program(self.app)
        if who == "guest":
            return guest(self.app)
        role = "operator" if who == "operator" else "user"
        return logged_in(self.app, member(who, role=role))

    def things(self, owner: FlaskClient, endpoint: str) -> dict[str, object]:
        """Return values for the parts of addresses; each thing is the owner's."""
        made: dict[str, Callable[[], object]] = {
            "job_id": lambda: self._job(owner, endpoint),
            "upload_id": lambda: self._upload(owner),
            "token_id": lambda: self._token(owner),
            "user_id": lambda: scalar("SELECT id FROM users WHERE login = 'owner'"),
            "mail_id": self._mail,
            "delivery_id": lambda: self._delivery(owner),
            "kind": lambda: "txt",
            "position": lambda: 0,
            "version": lambda: 0,
            "share_id": lambda: scalar("SELECT id FROM shares ORDER BY created_at DESC LIMIT 1"),
            "name": lambda: self._name(endpoint),
            "action": lambda: "pause" if endpoint.endswith(".act") else "replay",
            "record_id": lambda: processing.add(self._processors.pop(), "a")[0],
            "redis_instance_index": lambda: 0,
            "path": lambda: "tasks",
            "filename": lambda: STATIC_FILES[endpoint],
        }
        rules = [rule for rule in self.app.url_map.iter_rules() if rule.endpoint == endpoint]
        needed = sorted({name for rule in rules for name in rule.arguments})
        return {name: made[name]() for name in needed}

    def _name(self, endpoint: str) -> str:
        if "processor" in endpoint:
            return self._processor()
        if endpoint.startswith("calls"):
            return "hello"
        if endpoint == "packaged.show":
            return "reboot.css"
        if not endpoint.startswith("importing"):
            return "sphinx"
        if not scalar("SELECT count(*) FROM processors"):
            importing.add_processor()
        return "letters"

    def _job(self, owner: FlaskClient, endpoint: str) -> str:
        if endpoint.startswith("importing"):
            self._name(endpoint)
            operator = logged_in(
                self.app, member(f"importer{scalar('SELECT count(*) FROM users')}", role="operator")
            )
            return importing.send(operator, b"a\n1\n").location.rpartition("/")[2]
        if endpoint == "usrreg.show":
            return job_of(register(owner, login=f"somebody{scalar('SELECT count(*) FROM jobs')}"))
        if endpoint.startswith("detection"):
            job_id = detecting.sent(owner)
            perform(job_id)
            return job_id
        sent = upload(owner, (recording("days.flac"), "days.flac"))
        assert sent.status_code == 303
        job_id = str(sent.location.rpartition("/")[2])
        if endpoint.startswith("document."):
            transcripts.finish(job_id, "monday")
            press(owner, f"/stt/{job_id}/shares")
        if endpoint == "jobs.undo":
            submission.cancel(job_id)
            press(owner, f"/jobs/{job_id}/delete")
        if endpoint == "calls_api.result":
            with db.transaction() as conn, conn.cursor() as cur:
                cur.execute("UPDATE jobs SET task = 'calls.prime' WHERE id = %s", (job_id,))
        return job_id

    def _upload(self, owner: FlaskClient) -> str:
        name = base64.b64encode(b"days.flac").decode()
        headers = {
            "Tus-Resumable": "1.0.0", "Upload-Length": "10", "X-CSRFToken": token(owner),
            "Upload-Metadata": f"filename {name}",
        }  # fmt: skip
        made = owner.post("/uploads/", headers=headers)
        assert made.status_code == 201
        return str(made.location.rpartition("/")[2])

    def _token(self, owner: FlaskClient) -> object:
        send_form(owner, "/account/tokens", "/account/", name="x", scopes="read", days="")
        return scalar("SELECT id FROM api_tokens ORDER BY created_at DESC LIMIT 1")

    def _delivery(self, owner: FlaskClient) -> object:
        send_form(owner, "/account/webhook/", url="https://example.org/")
        with db.transaction() as conn, conn.cursor() as cur:
            cur.execute(
                "INSERT INTO webhook_deliveries (webhook_id, about, service, state, ended_at)"
                " SELECT id, id, 'stt', 'failed', now() FROM webhooks"
            )
        return scalar("SELECT id FROM webhook_deliveries ORDER BY ended_at DESC LIMIT 1")

    def _processor(self) -> str:
        name = f"letters{scalar('SELECT count(*) FROM processors')}"
        self._processors.append(processing.processor(name))
        return name

    def _mail(self) -> str:
        user_id = add_user(f"reader{scalar('SELECT count(*) FROM users')}")
        with db.transaction() as conn:
            return posting.post(conn, user_id, "welcome")


def met(client: FlaskClient, method: str, path: str) -> str:
    """Ask for an address, and say what was met there."""
    headers = HTML | {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    if method == "PATCH":
        headers["Content-Type"] = "application/offset+octet-stream"
    elif path.startswith("/uploads/"):
        headers["X-HTTP-Method-Override"] = "DELETE"
    if method not in {"GET", "HEAD", "OPTIONS"} and client._cookies is not None:
        headers["X-CSRFToken"] = token(client, "/userreg/")
    with client.open(path, method=method, headers=headers) as answer:
        if answer.status_code == 401 or (answer.location or "").startswith("/login?next="):
            return LOGIN
        return NOTHING if answer.status_code in {403, 404} else IN


@pytest.mark.parametrize(("method", "endpoint"), RULES, ids=str)
def test_who_may_come_in(method: str, endpoint: str, app: Flask) -> None:
    cast = Cast(app)
    owner = cast.client("owner")
    expected = RULES[method, endpoint]
    # Those who may not come first: they change nothing.
    order = sorted(WHO, key=lambda who: getattr(expected, who) == IN)

    seen = {}
    things: dict[str, object] = {}
    for who in order:
        if not things or getattr(expected, who) == IN:
            things = cast.things(owner, endpoint)
        with app.test_request_context():
            path = url_for(endpoint, **things)  # type: ignore[arg-type]
        seen[who] = met(owner if who == "owner" else cast.client(who), method, path)
    assert seen == expected._asdict()


@pytest.mark.parametrize(
    ("method", "endpoint"), [key for key, rule in RULES.items() if rule is SUBMITTERS]
)
def test_without_guests_who_has_no_account_does_not_come_in(
    method: str, endpoint: str, app: Flask, setting: Callable[..., None]
) -> None:
    cast = Cast(app)
    clients = {who: cast.client(who) for who in WHO}
    setting(allow_guests=False)
    with app.test_request_context():
        path = url_for(endpoint, **cast.things(clients["owner"], endpoint))  # type: ignore[arg-type]

    assert {who: met(client, method, path) for who, client in clients.items()} == SHUT._asdict()
