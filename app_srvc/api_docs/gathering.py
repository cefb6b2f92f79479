"""What all services say about what programs can ask them."""

from app_srvc import services
from app_srvc.api_docs.operations import Answer, Described, Operation


def described() -> Described:
    """Return what is known of each view: what the services' `described` modules say of theirs."""
    found = {"api_docs.document": Operation({200: Answer("This description.", {"type": "object"})})}
    for module in services.modules("described"):
        found |= module.DESCRIBED
    return found
