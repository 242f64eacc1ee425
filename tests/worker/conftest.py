"""Fixtures of the worker's tests."""

from __future__ import annotations

import pytest
from redis import Redis

from core.model.bundle import Bundle
from tests.core.bundle_factory import write_bundle
from tests.worker.runner_bench import Bench


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "brightness")


@pytest.fixture(autouse=True)
def _redis_is_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.lease.STORE_PAUSE_S", 0.01)


@pytest.fixture
def bench(redis: Redis, bundle: Bundle) -> Bench:
    return Bench(redis, bundle)
