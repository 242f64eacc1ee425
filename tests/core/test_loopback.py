from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.loopback import is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]
)
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "localhost.example.org", "127.1", "0x7f.1",
     "[::1]", "127.0.0.1:80"],
)  # fmt: skip
def test_what_others_may_reach_or_name_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@given(st.text())
def test_no_text_raises(host: str) -> None:
    assert is_loopback(host) in (True, False)
