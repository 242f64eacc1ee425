"""Names sort by creation, tell when they were made, and cannot be guessed from one another."""

from __future__ import annotations

import re
import time

import pytest

from core.store.ids import new_id

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _number(name: str) -> int:
    number = 0
    for digit in name.partition("_")[2]:
        number = number << 5 | _CROCKFORD.index(digit)
    return number


def test_a_name_is_its_kind_and_a_ulid_of_now() -> None:
    before = time.time_ns() // 1_000_000
    name = new_id("job")
    after = time.time_ns() // 1_000_000
    assert re.fullmatch(r"job_[0-7][0-9A-HJKMNP-TV-Z]{25}", name)
    assert before <= _number(name) >> 80 <= after


def test_names_of_one_millisecond_sort_by_creation(monkeypatch: pytest.MonkeyPatch) -> None:
    millisecond = 1_790_000_000_000 * 1_000_000
    clock = iter(range(millisecond, millisecond + 1_000_000, 1_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(clock))
    names = [new_id("job") for _ in range(1_000)]
    assert names == sorted(names)
    assert len({_number(name) >> 80 for name in names}) == 1


def test_names_of_one_moment_differ_in_every_random_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_790_000_000_000_000_000)
    numbers = [_number(new_id("job")) for _ in range(200)]
    seen = 0
    for number in numbers:
        seen |= number ^ numbers[0]
    assert seen == 2**70 - 1
