"""What programs can send to register somebody, for the description of the API."""

from uuid import UUID

from app_srvc.api_docs.operations import JSON, Answer, Body, Described, Header, Operation, Shape
from app_srvc.usrreg.forms import KEY_HEADER

TITLE = "User registration"


class Profile(Shape):
    """Who is to be registered."""

    first_name: str
    last_name: str
    login: str
    email: str
    phone: str


class Registered(Shape):
    """It is accepted; whether the account is made says `status_url`."""

    job_id: UUID
    queue: str
    status_url: str
    page_url: str


DESCRIBED: Described = {
    "usrreg.register": Operation(
        {202: Answer("It is accepted.", Registered)},
        headers=(Header(KEY_HEADER, {"type": "string"}, what="The same for a repeated one."),),
        body=Body({JSON: Profile, "application/x-www-form-urlencoded": Profile}),
        refuses={413, 415, 422},
    ),
}
