"""What is to be told is told although the worker that tells it is killed."""

from collections.abc import Callable

from flask import Flask

from app_srvc.queues import Queue
from tests.support.accounts import logged_in, member
from tests.support.misbehaving import answers, hangs_after_reading, serving
from tests.support.rows import scalar
from tests.support.workers import Workers, wait_for
from tests.webhooks.test_webhooks import end, set_webhook


def test_a_worker_that_is_killed_while_it_tells_leaves_it_to_another(
    app: Flask, workers: Workers, setting: Callable[..., None]
) -> None:
    setting(webhooks_private="true", lease_seconds=3)
    user = member("olena")
    with serving(hangs_after_reading) as reader:
        set_webhook(logged_in(app, user), reader.url)
        end(user)
        killed = workers.start("mailworker.py")
        wait_for(lambda: reader.received)
        killed.kill()
        killed.wait()
        assert scalar("SELECT delivered_at FROM webhook_deliveries") is None

        reader.plan = answers(200)
        workers.start("mailworker.py")
        wait_for(lambda: scalar("SELECT delivered_at FROM webhook_deliveries"))
        assert len({one.headers["webhook-id"] for one in reader.received}) == 1
    assert scalar("SELECT count(*) FROM jobs WHERE queue = %s", Queue.WEBHOOKS) == 1
