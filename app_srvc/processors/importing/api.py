"""Records from programs: one as the body of a request, or many as JSON."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.errors import TooLarge
from app_srvc.processors.importing import bodies as sent
from app_srvc.processors.importing import receipts, showing
from app_srvc.settings.limits import Rate
from app_srvc.uploads import bodies, receiving
from app_srvc.web.negotiation import for_programs
from app_srvc.words import _

LARGEST_BODY = 16_000_000
KEY_HEADER = "Idempotency-Key"

bp = for_programs(Blueprint("importing_api", __name__, url_prefix="/api/processors"))
bp.before_request(access.only_operators)


@bp.post("/<name>/records")
@rates.limited(Rate.IMPORTS)
@receiving.streamed
def add(name: str) -> ResponseReturnValue:
    """Take records in, all or none: 201 when one of them is new, 200 when all are known.

    A body is one record, of any media type; its key comes in Idempotency-Key or as `key`, or is
    the hash of the body. JSON without a key whose only member is `records` is many.
    """
    access.check_csrf(None)
    processor = showing.processor(name)
    key = request.headers.get(KEY_HEADER) or request.args.get("key")
    order_key = request.args.get("order_key")
    body = _body()
    many = sent.many(body) if request.is_json and key is None else None
    records = many if many is not None else [sent.one(body, request.content_type, key, order_key)]
    answer = receipts.take_in(processor.id, records)
    return jsonify(answer), 201 if answer["added"] else 200


def _body() -> bytes:
    if (request.content_length or 0) > LARGEST_BODY:
        raise _too_large()
    request.max_content_length = LARGEST_BODY
    with bodies.arriving():
        try:
            return b"".join(piece.read() for piece in bodies.pieces())
        except TooLarge:
            raise _too_large() from None


def _too_large() -> TooLarge:
    return TooLarge(_("At most %(max)s MB can be sent at once.", max=LARGEST_BODY // 1_000_000))
