"""What is sent carries the signature that libraries for Standard Webhooks expect."""

from datetime import UTC, datetime

import pytest

from app_srvc.jobs.states import State as JobState
from app_srvc.webhooks import signing
from app_srvc.webhooks.repository import Delivery, State


def test_the_signature_is_that_of_the_published_example() -> None:
    told = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )

    assert told["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert told["webhook-timestamp"] == "1614265330"
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.usefixtures("backing")
def test_each_webhook_has_a_secret_of_its_own_that_stays() -> None:
    one, other = "5f8d0d55-0000-4000-8000-000000000001", "5f8d0d55-0000-4000-8000-000000000002"

    assert signing.secret_of(one) == signing.secret_of(one) != signing.secret_of(other)
    assert signing.secret_of(one).startswith("whsec_")


def test_it_is_told_which_job_ended_how_and_when_and_nothing_else() -> None:
    at = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)
    delivery = Delivery(
        "d", "j", "stt", JobState.FAILED, at, State.WAITING, None, None, None, None
    )  # fmt: skip

    assert signing.body_of(delivery) == (
        b'{"type": "job.ended", "timestamp": "2026-11-27T09:05:00.000+00:00",'
        b' "data": {"job_id": "j", "service": "stt", "state": "failed"}}'
    )
