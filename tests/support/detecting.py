"""Pictures that people send to be looked at."""

from flask.testing import FlaskClient

from tests.support.pages import HTML, token
from tests.support.pictures import encoded, portrait
from tests.support.web import form


def sent(client: FlaskClient, data: bytes = b"", name: str = "days.flac") -> str:
    """Send a picture in the form, and return its job."""
    body, content_type = form([(name, data or encoded(portrait()))], csrf_token=token(client))
    answer = client.post("/detect/", data=body, content_type=content_type, headers=HTML)
    assert answer.status_code == 303
    return str(answer.location.rpartition("/")[2])
