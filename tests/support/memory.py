"""How much memory something takes at most, that of C included."""

import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection


def peak_growth(work: Callable[[], object]) -> int:
    """Return by how many bytes the peak of a process grows that does this and nothing else."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    # A fork has no peak but its own, which begins with what it was born with.
    process = multiprocessing.get_context("fork").Process(target=_tell, args=(sender, work))
    process.start()
    sender.close()
    told: int = receiver.recv()
    process.join()
    return told


def _tell(sender: Connection, work: Callable[[], object]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    sender.send(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
