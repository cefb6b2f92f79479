"""What workers do for the overview, besides their jobs."""

from app_srvc.ops.sampling import tick

__all__ = ["tick"]
