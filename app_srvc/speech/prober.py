"""Look at the headers of uploaded files, apart from the web process: `-m app_srvc.speech.prober`.

FFmpeg's libraries are large and read whatever strangers send. Should one of them crash, hang or
ask for gigabytes, that must not take down everybody else's requests. One line with a key comes
in, one line with the answer goes out, until the input ends.
"""

import json
import signal
import sys
from typing import Any

from app_srvc import storage
from app_srvc.errors import PermanentError
from app_srvc.speech import decoding

PROBE_BYTES = 256 * 1024 * 1024
# A header that takes longer ends this process; whoever asked begins another.
LONGEST_SECONDS = 4


def probe(key: str) -> dict[str, Any]:
    """Describe the stored file, or say why it cannot be transcribed."""
    try:
        with (
            storage.open_file(key) as file,
            decoding.limited_memory(PROBE_BYTES),
            decoding.open_media(file) as container,
        ):
            return decoding.describe(container)._asdict()
    except PermanentError as error:
        return {"refused": type(error).__name__, "reason": str(error)}


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        signal.alarm(LONGEST_SECONDS)
        sys.stdout.write(json.dumps(probe(line.strip())) + "\n")
        sys.stdout.flush()
        signal.alarm(0)


if __name__ == "__main__":
    main()
