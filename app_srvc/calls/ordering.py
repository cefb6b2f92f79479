"""Call a volatile function through the queue: what waits for it is all that knows of it."""

import socket
from secrets import token_hex
from typing import Any

from app_srvc import engines, settings
from app_srvc.admission import places
from app_srvc.calls import desk, signing
from app_srvc.calls.desk import CLOSING, LEFT, Seat
from app_srvc.calls.ending import CallFailed, CallLost, End, NobodyTookIt
from app_srvc.calls.known import Call
from app_srvc.engines.calls import DONE, FAILED, LOST, Answer, Let, Order, Waiting
from app_srvc.errors import EngineDown
from app_srvc.queues import CALLS
from app_srvc.words import unpack

PREFIX = "call-"
# An answer that was sent may still be on its way to the desk.
ON_ITS_WAY_SECONDS = 0.5


def answer(
    call: Call, arguments: dict[str, Any], level: int, owner: str | None, sock: socket.socket | None
) -> End:
    """Call it, and return how that has ended, or that it still runs.

    Raises:
        AllTaken, CallsDown: it was not let in.
        NobodyTookIt, CallLost: it may be sent again.
        CallFailed: it cannot be answered.
    """
    call_id = PREFIX + token_hex(16)
    words, signed = signing.pack(call_id, call.name, arguments)
    place = places.place_of(call.name)
    order = Order(
        call_id, CALLS[level], place, words, signed, desk.desk.reply_to, call.timeout_seconds
    )
    with desk.desk.seat(Waiting(call_id, place, has_row=False), sock) as seat:
        try:
            let = engines.for_calls().submit(
                order, places.limit_of(call.name), places.most_waiting(order.queue)
            )
        except EngineDown as error:
            raise places.CallsDown from error
        if let is Let.QUEUE_FULL:
            places.refuse_for(order.queue)
        places.require(call.name, is_let_in=let is Let.IN)
        try:
            return _wait(seat, order, owner)
        except EngineDown as error:
            raise CallLost from error


def find(call_id: str, owner: str | None, *, is_operator: bool) -> End | None:
    """Return how a call stands that somebody comes back for; None when there is none for them.

    Raises:
        CallLost: its worker has died.
        CallFailed: it cannot be answered.
        CallsDown: Redis does not answer.
    """
    try:
        standing = engines.for_calls().find(call_id)
    except EngineDown as error:
        raise places.CallsDown from error
    if standing is None:
        return None
    if not is_operator and standing.owner not in {"", signing.owner_of(owner)}:
        return None
    return End(call_id, None if standing.answer is None else _told(standing.answer))


def _wait(seat: Seat, order: Order, owner: str | None) -> End:
    wanted = settings.load()
    found = seat.wait(wanted.call_take_seconds)
    if found is None or found.kind in {LEFT, CLOSING}:
        if engines.for_calls().withdraw(order):
            raise NobodyTookIt
        if found is None:
            found = seat.wait(wanted.call_wait_seconds - wanted.call_take_seconds)
    if found is not None and found.kind == LEFT:
        return End(order.id, None)  # Nobody reads it, nor will come back for it.
    if found is None or found.kind == CLOSING:
        found = _leave(seat, order, owner)
    return End(order.id, None if found is None else _told(found))


def _leave(seat: Seat, order: Order, owner: str | None) -> Answer | None:
    """Let the answer be kept for whoever waits no longer; return it when it is there by now."""
    seconds = settings.load().call_result_seconds
    found = engines.for_calls().keep(order.id, signing.owner_of(owner), seconds)
    if found is not None and found.kind == LOST:
        found = seat.wait(ON_ITS_WAY_SECONDS) or found
    return found


def _told(found: Answer) -> str:
    if found.kind == DONE:
        return found.body
    if found.kind == FAILED:
        raise CallFailed(unpack(found.body))
    raise CallLost(unpack(found.body)) if found.body else CallLost
