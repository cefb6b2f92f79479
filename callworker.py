"""Answer quick calls: `python callworker.py [--levels 0-4] [--processes P] [--threads T]`."""

from app_srvc.calls import working
from app_srvc.queues import CALLS

if __name__ == "__main__":
    working.run(CALLS)
