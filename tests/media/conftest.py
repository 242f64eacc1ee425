"""Fixtures of the media matrix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.media.sandbox import decoder
from worker.decoder.pool import DecoderPool


@pytest.fixture(scope="session")
def pool() -> Iterator[DecoderPool]:
    """One sandboxed decoder for all forms; few of them cost it, so none waits beside it."""
    with decoder(spare=0) as made:
        yield made
