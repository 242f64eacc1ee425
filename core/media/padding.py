"""The zeros that an interrupted download has in place of what did not arrive."""

from __future__ import annotations

_BLOCK = 64 * 1024


def without_padding(data: memoryview, least: int) -> memoryview:
    """The file up to the zeros at its end, where there are at least so many."""
    end = len(data)
    while end:
        block = bytes(data[max(0, end - _BLOCK) : end])
        kept = len(block.rstrip(b"\0"))
        end -= len(block) - kept
        if kept:
            break
    return data[:end] if len(data) - end >= least else data
