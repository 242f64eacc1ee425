from __future__ import annotations

import pytest

from core.telemetry.traceparent import trace_id_of, traceparent_of

GOOD = f"00-{'ab' * 16}-{'cd' * 8}-01"


def test_a_header_that_is_well_formed_is_carried_on() -> None:
    assert traceparent_of(GOOD) == GOOD
    assert trace_id_of(GOOD) == "ab" * 16


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        GOOD.upper(),
        f"{GOOD}\n",
        f"{GOOD}-x",
        GOOD.replace("ab", "00"),
        GOOD.replace("cd", "00"),
        f"ff{GOOD[2:]}",
    ],
)
def test_anything_else_begins_a_new_trace(bad: str | None) -> None:
    assert traceparent_of(bad) is None
    assert trace_id_of(bad) is None
