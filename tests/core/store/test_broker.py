from __future__ import annotations

import pytest

from core.store.broker import broker_url


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("redis://h:6379/2", "redis://h:6379/2"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
        ("unix:///run/r.sock?db=3", "redis+socket:///run/r.sock?virtual_host=3"),
        ("unix://:pw@/run/r.sock", "redis+socket://:pw@/run/r.sock?virtual_host=0"),
    ],
)
def test_an_address_of_redis_is_written_as_kombu_wants_it(redis_url: str, expected: str) -> None:
    assert broker_url(redis_url) == expected
