"""Whatever bytes come, our own parsers read them or refuse them in an error of their own."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.targets import TARGETS


@cache
def beginnings(name: str) -> tuple[bytes, ...]:
    return tuple(TARGETS[name].begin())


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """Bytes replaced, removed and put in, in well-formed ones."""
    hurt = bytearray(draw(st.sampled_from(beginnings(name))))
    for _ in range(draw(st.integers(1, 5))):
        reach = draw(st.sampled_from([min(300, len(hurt)), len(hurt)]))
        at, width = draw(st.integers(0, reach)), draw(st.sampled_from([0, 1, 2, 4, 8, 40]))
        hurt[at : at + width] = draw(st.one_of(st.binary(max_size=8), _TELLING))
    return bytes(hurt)


# What parsers stumble over: numbers at their ends, nesting, line breaks, quotes.
_TELLING = st.sampled_from(
    [b"\xff" * 4, b"\0" * 8, b"\x80\0\0\0", b"\r\n", b'"', b"[" * 2000, b'{"a":' * 500, b"9" * 5000]
)


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_well_formed_is_read(name: str) -> None:
    for data in beginnings(name):
        TARGETS[name].run(data)


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    TARGETS[name].run(data.draw(damaged(name)))


@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("name", TARGETS)
@given(noise=st.binary(max_size=600))
def test_noise_is_read_or_refused(name: str, noise: bytes) -> None:
    TARGETS[name].run(noise)
