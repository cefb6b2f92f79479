"""What people write who have no product like this: a view that enqueues, and records nothing."""

import os

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from redis import Redis
from rq import Queue

queue = Queue("plain", connection=Redis.from_url(os.environ["PLAIN_QUEUE_URL"]))
app = Flask(__name__)


def insert(profile: dict[str, str]) -> bool:
    """Stand for the task; nobody runs it here."""
    return bool(profile)


@app.post("/userregres/")
def register() -> ResponseReturnValue:
    """Enqueue whatever came, with rq's defaults."""
    job = queue.enqueue(insert, request.get_json())
    return jsonify(id=job.id, queue=queue.name, status="queued")
