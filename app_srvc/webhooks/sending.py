"""Tell one webhook of one job.

Between the answer and our note of it this process may be killed: then it is told twice, under one
id. So the note follows at once.
"""

import logging
import time
from urllib.parse import urlsplit

from app_srvc import db, settings
from app_srvc.errors import NoTurn, PermanentError, RemoteDown
from app_srvc.jobs import running
from app_srvc.processors.handlers import sending
from app_srvc.processors.handlers.failures import Failure, Permanent, WrongConfiguration
from app_srvc.webhooks import repository, signing
from app_srvc.webhooks.repository import Errand
from app_srvc.words import _

log = logging.getLogger(__name__)

# For all of it, names and certificates included.
CALL_SECONDS = 10.0
# What is answered is not read by anybody.
MOST_ANSWER_BYTES = 64_000
# One that hangs would keep a worker from all the others' for as long as there is something to tell.
REST_SECONDS = 60.0
GONE = 410


def deliver(delivery_id: str) -> None:
    """Tell what is to be told, unless it has been or nobody wants it any more.

    Raises:
        PermanentError: that address will never take it.
        RemoteDown: it does not take it just now.
        NoTurn: it did not answer a moment ago, and is left alone for a while.
    """
    with db.transaction() as conn:
        running.hold(conn)
        errand = repository.find(conn, delivery_id)
    if errand is None:
        return
    if errand.rests:
        raise NoTurn(_("The address did not answer a moment ago."), REST_SECONDS)
    status = _send(errand)
    is_delivered = 200 <= status < 300
    with db.transaction() as conn:
        # It has been told, whoever holds the job by now.
        repository.answered(conn, delivery_id, status, is_delivered=is_delivered)
    if is_delivered:
        return
    log.info("delivery %s was answered with %d", delivery_id, status)
    if status == GONE:
        raise PermanentError(_("The address says that it is not used any more (status 410)."))
    raise RemoteDown(_("The address answered with status %(status)s.", status=str(status)))


def _send(errand: Errand) -> int:
    """Send it, and return the status of the answer. Redirects are not followed."""
    url = errand.webhook.url
    body = signing.body_of(errand.delivery)
    headers = signing.headers(
        errand.delivery.id, int(time.time()), body, signing.secret_of(errand.webhook.id)
    )
    request = sending.Request(urlsplit(url).hostname or "", "POST", url, headers, body)
    way = sending.Way(
        connect_seconds=CALL_SECONDS,
        read_seconds=CALL_SECONDS,
        most_bytes=MOST_ANSWER_BYTES,
        # Addresses are looked at as they are connected to: names can change what they mean.
        private=settings.load().webhooks_private,
    )
    try:
        return sending.send(request, way, CALL_SECONDS).status
    except (WrongConfiguration, Permanent) as failure:
        raise PermanentError(failure.sentence) from None
    except Failure as failure:
        with db.transaction() as conn:
            repository.rest(conn, errand.webhook.id, REST_SECONDS)
        raise RemoteDown(failure.sentence) from None
