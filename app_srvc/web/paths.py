"""Addresses that a request brings along, to be gone to afterwards."""

import re

# A path here. Browsers take // and /\ for another host, and leave out tabs and line breaks.
_PATH = re.compile(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]*")


def of_this_site(path: str | None, otherwise: str) -> str:
    """Return a path of this site, and what is to be taken otherwise for anything else."""
    return path if path and _PATH.fullmatch(path) else otherwise
