"""One browser, one gateway and one Redis for all tests of the page.

They end with this folder's tests: Playwright keeps an event loop running meanwhile, which tests
of other folders could not start their own beside.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.bench import Bench, bench
from tests.browser.chromium import launched
from tests.browser.visitor import Visitor, visit
from tests.redis_server import RedisServer


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package")
def redis_of_the_page() -> Iterator[str]:
    """The address of a Redis that lives as long as the browser."""
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        yield server.url


@pytest.fixture(scope="package")
def _gateway(redis_of_the_page: str) -> Iterator[Bench]:
    with bench(redis_of_the_page) as found:
        yield found


@pytest.fixture
def desk(_gateway: Bench) -> Iterator[Bench]:
    """An emptied service whose worker is the test."""
    _gateway.redis.flushall()
    with _gateway.ready():
        yield _gateway


@pytest.fixture
def visitor(chromium: Browser, desk: Bench) -> Iterator[Visitor]:
    """Somebody who has never been here."""
    with visit(chromium, desk.address) as found:
        yield found
