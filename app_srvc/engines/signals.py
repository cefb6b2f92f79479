"""The signals by which a worker is told to stop, whatever carries its jobs."""

import signal

TOLD_BY = (signal.SIGTERM, signal.SIGINT)


def hear_no_more() -> None:
    """Let nothing break off what is left to do, which is to settle the job and say goodbye."""
    for signum in TOLD_BY:
        signal.signal(signum, signal.SIG_IGN)
