"""The page of quick calls: each with a form to try it."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app_srvc.accounts import access
from app_srvc.admission import rates
from app_srvc.calls import answering, forms, known, ordering
from app_srvc.calls.ending import CallFailed, End
from app_srvc.calls.known import Call
from app_srvc.errors import InvalidForm, TooBusy
from app_srvc.settings.limits import Rate

bp = Blueprint("calls", __name__, url_prefix="/call")
bp.before_request(access.submitters)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show all calls."""
    return _page()


@bp.post("/")
@rates.limited(Rate.CALLS)
def attempt() -> ResponseReturnValue:
    """Try a call, and show its answer beside it."""
    given = request.form.copy()
    call = known.find(given.pop("call", ""))
    if call is None:
        raise InvalidForm(answering.NO_CALL)
    try:
        values, level = forms.with_level(lambda: forms.from_texts(call, given), request.form)
        end = answering.answer(call, values, level)
    except InvalidForm as error:
        return _page(call, errors=error.fields), error.status
    except (TooBusy, CallFailed) as error:
        return _page(call, sentence=error.sentence), error.status, dict(error.headers)
    return _page(call, end=end)


def _page(
    tried: Call | None = None,
    *,
    errors: dict[str, list[str]] | None = None,
    sentence: str | None = None,
    end: End | None = None,
) -> str:
    return render_template(
        "calls/index.html",
        calls=list(known.every()),
        tried=tried,
        errors=errors or {},
        sentence=sentence,
        end=end,
        has_row=end is not None and not end.id.startswith(ordering.PREFIX),
        level=forms.DEFAULT_LEVEL,
    )
