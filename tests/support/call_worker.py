"""A worker that also knows the tests' calls: `python -m tests.support.call_worker`."""

from app_srvc.calls import working
from tests.support import calls  # noqa: F401

# To wait for as long as in earnest would take a test half a minute.
SILENCE_SECONDS = 4.0

if __name__ == "__main__":
    working.MOST_SILENCE_SECONDS = SILENCE_SECONDS
    working.run()
