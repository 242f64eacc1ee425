from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from redis import Redis

from api.access import key_cache
from api.access.key_cache import KeyCache
from api.http.problems import Unauthorized
from api.offload import Offload
from core.scopes import Scope
from core.store.api_keys import ApiKeyStore, FoundKey, digest
from tests.api.keys import OPERATOR, make_key

T = TypeVar("T")


class CountingStore(ApiKeyStore):
    looks = 0

    def find(self, secret_hash: str) -> FoundKey:
        self.looks += 1
        return super().find(secret_hash)


@pytest.fixture
def store(redis: Redis) -> CountingStore:
    return CountingStore(redis)


def run(
    store: ApiKeyStore, steps: Callable[[KeyCache], Awaitable[T]], *, keep_s: float = 60.0
) -> T:
    async def main() -> T:
        return await steps(KeyCache(store, Offload(threads=2, limit_s=10), keep_s=keep_s))

    return asyncio.run(main())


def test_a_key_in_use_is_looked_up_once_in_a_while(store: CountingStore, redis: Redis) -> None:
    secret = make_key(redis, "acme", Scope.READ).secret

    async def twice(cache: KeyCache) -> None:
        for _ in range(2):
            caller = await cache.principal(digest(secret))
            assert caller.tenant == "acme"
            assert caller.scopes == {Scope.READ}

    run(store, twice)
    assert store.looks == 1
    run(store, twice, keep_s=0)
    assert store.looks == 3


def test_what_opens_nothing_is_looked_up_each_time(store: CountingStore) -> None:
    async def twice(cache: KeyCache) -> None:
        for _ in range(2):
            with pytest.raises(Unauthorized):
                await cache.principal(digest("unknown"))

    run(store, twice)
    assert store.looks == 2


def test_a_revoked_key_is_refused_when_its_time_in_the_cache_is_over(
    store: CountingStore, redis: Redis
) -> None:
    new = make_key(redis, "acme", Scope.READ)

    async def steps(cache: KeyCache) -> None:
        await cache.principal(digest(new.secret))
        store.revoke(new.key.id, actor=OPERATOR)
        await cache.principal(digest(new.secret))  # still within its time
        await asyncio.sleep(0.15)
        with pytest.raises(Unauthorized, match="is revoked"):
            await cache.principal(digest(new.secret))

    run(store, steps, keep_s=0.1)


def test_the_cache_does_not_grow_without_bound(
    store: CountingStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_cache, "_MOST", 2)
    secrets = [make_key(redis, "acme", Scope.READ).secret for _ in range(5)]

    async def steps(cache: KeyCache) -> int:
        for secret in secrets:
            await cache.principal(digest(secret))
        return len(cache._known)

    assert run(store, steps) <= 2
