"""One running service for the tests that leave it whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Service, service


@pytest.fixture(scope="session")
def running() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="df-") as path, service(Path(path)) as started:
        yield started


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """For tests that break what they start; short, as a socket's path has 107 characters."""
    with tempfile.TemporaryDirectory(prefix="df-") as path:
        yield Path(path)
