"""What probes and monitors can ask, for the description of the API."""

from app_srvc.api_docs.operations import MAY_BE_MISSING, Answer, Described, Operation, Shape

TITLE = "Probes and metrics"


class Alive(Shape):
    """The process is alive."""

    status: str


class Ready(Shape):
    """Whether submissions can be accepted; `wrong` says of what is down why."""

    status: str
    database: str
    migrations: str
    queue: str
    storage: str
    wrong: dict[str, str] = MAY_BE_MISSING


DESCRIBED: Described = {
    "health.alive": Operation({200: Answer("It is.", Alive)}),
    "health.ready": Operation(
        {200: Answer("They can.", Ready), 503: Answer("They cannot.", Ready)}
    ),
    "metrics.show": Operation({200: Answer("All figures.", {"type": "string"}, "text/plain")}),
}
