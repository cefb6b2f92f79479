"""The task of those who have rq and nothing else."""


def nothing() -> None:
    """Do nothing."""
