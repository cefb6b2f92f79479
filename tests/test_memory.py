"""Memory that hostile files may ask for."""

import resource

import pytest

from app_srvc.errors import PermanentError
from app_srvc.memory import limited_memory


def test_a_decoder_gets_no_more_memory_than_it_may() -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)

    with pytest.raises(PermanentError, match="more memory"), limited_memory(50_000_000):
        bytearray(200_000_000)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
