"""Look at the headers of uploaded files, apart from the web process: `-m app_srvc.speech.prober`.

FFmpeg's libraries are large and read whatever strangers send. Should one of them crash, hang or
ask for gigabytes, that must not take down everybody else's requests. One line comes in with where
a file is, one line with the answer goes out, until the input ends.
"""

import json
import logging
import signal
import sys
from typing import Any

from app_srvc.errors import PermanentError, StorageDown
from app_srvc.memory import limited_memory
from app_srvc.speech import decoding, describing
from app_srvc.storage.lending import open_lent
from app_srvc.words import _, pack

log = logging.getLogger(__name__)

PROBE_BYTES = 256 * 1024 * 1024
# A header that takes more of the processor's time ends this process; whoever asked begins
# another. Time on the wall would blame a file for a busy machine.
LONGEST_CPU_SECONDS = 4.0


def probe(address: str) -> dict[str, Any]:
    """Describe the file that was lent to us, or say why it cannot be transcribed."""
    try:
        with open_lent(address) as file, limited_memory(PROBE_BYTES):
            return describing.describe(file)._asdict()
    except FileNotFoundError:
        reason = _("It is gone already. Please send it again.")
        return {"refused": "Conflict", "reason": pack(reason)}
    except StorageDown:
        return {"refused": "StorageDown", "reason": pack(StorageDown.says)}
    except PermanentError as error:
        return {"refused": type(error).__name__, "reason": pack(error.sentence)}
    except Exception:
        log.exception("a file could not be looked at")
        return {"refused": "NotMedia", "reason": pack(decoding.NotMedia.says)}


def main() -> None:
    """Answer until nobody asks any more.

    No settings are needed, and none should be there: a hole in a library that reads strangers'
    files must not find the keys of this product, and no file but the one that was lent to it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, LONGEST_CPU_SECONDS)
        sys.stdout.write(json.dumps(probe(line.strip())) + "\n")
        sys.stdout.flush()
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    main()
