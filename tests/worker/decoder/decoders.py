"""Decoder pools for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.evidence import Evidence, ExtractOptions
from worker.decoder.config import DecoderConfig
from worker.decoder.pool import DecoderPool

PATIENT_S = 60.0  # a limit that only a broken test reaches


@contextmanager
def obedient_pool(size: int = 1, **changes: Any) -> Iterator[DecoderPool]:
    """Children that do what the upload says; see :mod:`tests.worker.decoder.obedient_child`."""
    config = DecoderConfig(
        **{"memory_bytes": 1024**3, "threads": 1, **changes},
        module="tests.worker.decoder.obedient_child",
    )
    pool = DecoderPool(config, size)
    try:
        pool.wait_ready()
        yield pool
    finally:
        pool.close()


def obey(pool: DecoderPool, order: str, *, deadline_s: float = PATIENT_S) -> Evidence:
    """Give an order; the children answer with errors, which are raised here."""
    upload = f"{order}\n".encode()
    return pool.extract(iter([upload]), len(upload), ExtractOptions(), deadline_s=deadline_s)
