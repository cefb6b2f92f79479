"""A walk over every address that changes something: each counts, and this says as what.

The addresses come from the application itself, so one that is added without a thought fails here.
"""

from flask import Flask

from app_srvc.accounts.access import SAFE_METHODS
from app_srvc.admission import rates
from app_srvc.settings.limits import Rate

# What hands work in, or has something sent. All else that changes something counts as an action.
SUBMITTING = {
    ("POST", "speech.upload"): Rate.TRANSCRIPTIONS,
    ("POST", "speech.again"): Rate.TRANSCRIPTIONS,
    ("POST", "speech_api.native"): Rate.TRANSCRIPTIONS,
    ("POST", "speech_api.submit"): Rate.TRANSCRIPTIONS,
    ("POST", "speech_openai.transcribe"): Rate.TRANSCRIPTIONS,
    ("POST", "detection.upload"): Rate.DETECTIONS,
    ("POST", "detection_api.submit"): Rate.DETECTIONS,
    ("POST", "uploads.create"): Rate.UPLOADS,
    ("POST", "usrreg.register"): Rate.REGISTRATIONS,
    ("POST", "accounts.forgotten"): Rate.LINKS,
    ("POST", "importing.upload"): Rate.IMPORTS,
    ("POST", "importing_api.add"): Rate.IMPORTS,
    ("POST", "calls.attempt"): Rate.CALLS,
    ("POST", "calls_api.send"): Rate.CALLS,
    # Only the link says who may, so it is counted how often somebody tries.
    ("GET", "shared.show"): Rate.SHARED,
    ("GET", "shared.recording"): Rate.SHARED,
    ("GET", "shared.download"): Rate.SHARED,
    # It queues, though it is asked for with GET.
    ("GET", "calls_api.ask"): Rate.CALLS,
}
# Each says its reason beside the view.
UNLIMITED = {("PATCH", "uploads.resume"), ("POST", "uploads.override")}
ACTIONS = {
    ("POST", "home.choose_language"),
    ("POST", "jobs.cancel"), ("POST", "jobs.retry"), ("POST", "jobs.delete"),
    ("POST", "jobs.undo"),
    ("POST", "jobs_api.cancel"), ("POST", "jobs_api.retry"), ("DELETE", "jobs_api.delete"),
    ("POST", "speech.rename"),
    ("POST", "document.bundle"), ("POST", "document.correct"), ("POST", "document.bring_back"),
    ("POST", "document.assign"), ("POST", "document.rename"), ("POST", "document.share"),
    ("POST", "document.revoke"),
    ("DELETE", "uploads.cancel"),
    # Tries of passwords are counted besides, for each account and address.
    ("POST", "accounts.log_in"), ("POST", "accounts.log_out"), ("POST", "accounts.password"),
    ("POST", "accounts.become_operator"), ("POST", "accounts.leave"),
    ("POST", "account.change_password"), ("POST", "account.make_token"),
    ("POST", "account.revoke_token"), ("POST", "account.choose_language"),
    ("POST", "account.end_sessions"), ("POST", "account.delete"),
    ("POST", "userlist.lock"), ("POST", "userlist.unlock"), ("POST", "userlist.link"),
    ("POST", "processors.add"), ("POST", "processors.act"), ("POST", "processors.change"),
    ("POST", "processors.configure"), ("POST", "processors.choose_source"),
    ("POST", "processors.delete"),
    ("POST", "processor_records.change"), ("POST", "processor_records.edit"),
    ("POST", "processor_records.try_out"),
    ("POST", "processors_api.act"), ("PATCH", "processors_api.change"),
    ("PATCH", "processors_api.choose_source"), ("POST", "processors_api.change_records"),
    ("POST", "retention.save"),
    ("POST", "ops.retry"),
    ("POST", "mail.again"), ("POST", "wishes.change"),
    ("POST", "webhooks.change"), ("POST", "webhooks.again"), ("POST", "webhooks.remove"),
    ("POST", "flower.list_tasks"),
}  # fmt: skip


def counted(app: Flask) -> dict[tuple[str, str], Rate | None]:
    """Return as what each address counts that changes something, or counts all the same."""
    return {
        (method, rule.endpoint): rates.rate_of(app.view_functions[rule.endpoint], method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in SAFE_METHODS
        or rates.rate_of(app.view_functions[rule.endpoint], method) is not None
    }


def test_every_address_that_changes_something_is_counted_or_says_why_not(app: Flask) -> None:
    # The buttons of rqmonitor are operators', and not ours.
    found = {key: rate for key, rate in counted(app).items() if not key[1].startswith("rqmonitor.")}

    assert found == {
        **SUBMITTING,
        **dict.fromkeys(ACTIONS, Rate.ACTIONS),
        **dict.fromkeys(UNLIMITED),
    }
    for _, endpoint in UNLIMITED:
        assert vars(app.view_functions[endpoint])["is_unlimited_as"]


def test_rqmonitors_buttons_are_actions(app: Flask) -> None:
    found = {rate for key, rate in counted(app).items() if key[1].startswith("rqmonitor.")}

    assert found == {Rate.ACTIONS}


def test_what_only_shows_is_not_counted(app: Flask) -> None:
    found = {key for key in counted(app) if key[0] in SAFE_METHODS}

    assert found == {key for key in SUBMITTING if key[0] in SAFE_METHODS}
