from __future__ import annotations

from redis import Redis

from core.store.workers import Heartbeat, ModelIdentity, beat, live_workers, stop_beating

MODEL = ModelIdentity(name="lite0", version="1", sha256="ab", runtime="openvino-int8")


def test_live_workers_are_those_whose_key_lives(redis: Redis) -> None:
    one, two = (Heartbeat(f"w{n}", "host", n, MODEL, 4, "2026-01-01T00:00:00Z") for n in (1, 2))
    beat(redis, two)
    beat(redis, one)
    assert live_workers(redis) == [one, two]
    assert 0 < redis.pttl("df:worker:w1") <= 15_000
    stop_beating(redis, "w1")
    assert live_workers(redis) == [two]
