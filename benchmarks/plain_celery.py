"""What people write who have no product like this, with all that Celery has against losing jobs."""

import os

from celery import Celery

app = Celery("plain", broker=os.environ["PLAIN_BROKER"], backend=os.environ["PLAIN_BACKEND"])
app.conf.update(
    broker_transport_options={"confirm_publish": True},
    task_acks_late=True,
    task_default_queue="plain",
    task_default_queue_type="quorum",
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
)


@app.task  # type: ignore[untyped-decorator]
def nothing() -> None:
    """Do nothing."""
