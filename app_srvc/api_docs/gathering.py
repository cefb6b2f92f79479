"""What all services say about what programs can ask them."""

from typing import Any

from app_srvc.api_docs.operations import Answer, Described, Operation
from app_srvc.calls import described as calls
from app_srvc.detection import described as detection
from app_srvc.health import described as health
from app_srvc.jobs import described as jobs
from app_srvc.ops import described as ops
from app_srvc.processors import described as processors
from app_srvc.speech import described as speech
from app_srvc.uploads import described as uploads
from app_srvc.usrreg import described as usrreg

SERVICES: tuple[Any, ...] = (
    speech, detection, uploads, jobs, calls, usrreg, processors, ops, health
)  # fmt: skip


def described() -> Described:
    """Return what is known of each view."""
    found = {"api_docs.document": Operation({200: Answer("This description.", {"type": "object"})})}
    for service in SERVICES:
        found |= service.DESCRIBED
    return found
