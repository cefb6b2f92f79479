"""What a webhook sends, signed so that its reader can tell it from what others send.

Headers, signature and secret are those of Standard Webhooks (https://www.standardwebhooks.com),
for which there are libraries in most languages.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC

from app_srvc.accounts import secret
from app_srvc.webhooks.repository import Delivery

# What a secret begins with, so that whoever finds one knows what it is.
PREFIX = "whsec_"


def secret_of(webhook_id: str) -> str:
    """Return the secret of a webhook: 256 bits that follow from its id and SECRET_KEY."""
    key = bytes.fromhex(secret.keyed("webhook", webhook_id))
    return PREFIX + base64.b64encode(key).decode()


def body_of(delivery: Delivery) -> bytes:
    """Return what is told: which job, of which service, how it ended, and when."""
    told = {
        "type": "job.ended",
        "timestamp": delivery.ended_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "data": {
            "job_id": delivery.about,
            "service": delivery.service,
            "state": delivery.job_state,
        },
    }
    return json.dumps(told).encode()


def headers(message_id: str, at: int, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers that go with a body; `at` is now, in seconds since 1970.

    The id is the same each time: whoever gets something twice can see that.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
