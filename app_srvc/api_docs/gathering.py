"""What all services say about what programs can ask them."""

from app_srvc import services
from app_srvc.api_docs.operations import Answer, Described, Operation

TITLE = "This description"


def described() -> Described:
    """Return what is known of each view: what the services' `described` modules say of theirs."""
    itself = Operation({200: Answer("This description.", {"type": "object"})}, group=TITLE)
    found = {"api_docs.document": itself}
    for module in services.modules("described"):
        known: Described = module.DESCRIBED
        found |= {name: it._replace(group=module.TITLE) for name, it in known.items()}
    return found
