"""Pictures as numbers. Whoever imports this loads numpy, which the web process does not."""

from typing import Any

from numpy.typing import NDArray

# Height x width x 3 bytes, blue first, where nothing else is said.
Pixels = NDArray[Any]
