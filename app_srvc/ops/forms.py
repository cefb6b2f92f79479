"""What operators ask for on the overview."""

from wtforms import Form, StringField
from wtforms.validators import AnyOf, Regexp

from app_srvc.queues import Queue
from app_srvc.words import _

_NONE = _("There are no such failures.")


class KindForm(Form):
    """Which kind of failures is to be tried again."""

    queue = StringField(validators=[AnyOf(list(Queue), message=_NONE)])
    kind = StringField(validators=[Regexp(r"[0-9a-f]{32}\Z", message=_NONE)])
