"""Which GPUs there are, and who has which."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from redis import Redis

from worker.gpu import GpuLease, claim_gpu, gpu_uuids, parse_listing

Claim = Callable[..., GpuLease | None]

FIRST, SECOND = "GPU-11111111-aaaa", "GPU-22222222-bbbb"
LISTING = f"GPU 0: NVIDIA H100 (UUID: {FIRST})\nGPU 1: NVIDIA H100 (UUID: {SECOND})\n"
SLICED = LISTING + "  MIG 1g.10gb     Device  0: (UUID: MIG-33333333-cccc)\n"


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, [FIRST, SECOND]),
        ("1", [SECOND]),
        ("1, 0", [SECOND, FIRST]),
        (SECOND, [SECOND]),
        ("", []),
        ("-1", []),
        ("0,7,1", [FIRST]),
    ],
)
def test_cuda_visible_devices_narrows_the_choice_as_cuda_does(
    visible: str | None, expected: list[str]
) -> None:
    assert parse_listing(LISTING, visible) == expected


def test_a_sliced_gpu_is_used_by_its_slices() -> None:
    assert parse_listing(SLICED) == ["MIG-33333333-cccc"]


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert gpu_uuids() == []


@pytest.fixture
def claim(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Claim]:
    """Claim one of two GPUs for an owner; what was claimed is released at the end."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "unset")
    monkeypatch.setattr("worker.gpu.PATIENCE_S", 0.2)
    monkeypatch.setattr("worker.gpu.PAUSE_S", 0.02)
    claimed: list[GpuLease] = []

    def claim_one(owner: str, uuids: Sequence[str] = (FIRST, SECOND)) -> GpuLease | None:
        lease = claim_gpu(redis, uuids, owner)
        claimed.extend([lease] if lease else [])
        return lease

    yield claim_one
    for lease in claimed:
        lease.release()


def test_every_worker_gets_a_gpu_of_its_own_and_the_third_sees_none(
    claim: Claim, caplog: pytest.LogCaptureFixture
) -> None:
    one = claim("one")
    assert one is not None
    assert one.uuid == FIRST == os.environ["CUDA_VISIBLE_DEVICES"]
    two = claim("two")
    assert two is not None
    assert two.uuid == SECOND == os.environ["CUDA_VISIBLE_DEVICES"]
    with caplog.at_level(logging.WARNING):
        assert claim("three") is None
    assert "all 2 GPUs stay leased to other workers; none is used here" in caplog.text
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


def test_a_worker_that_is_started_anew_gets_the_gpu_of_the_one_that_died(
    redis: Redis, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.gpu.PATIENCE_S", 10.0)
    assert GpuLease(redis, FIRST, "dead").acquire()
    redis.pexpire(f"df:gpu:{FIRST}", 300)
    lease = claim("anew", [FIRST])
    assert lease is not None
    assert lease.uuid == FIRST == os.environ["CUDA_VISIBLE_DEVICES"]


def test_a_lease_is_renewed_from_the_claim_on(
    redis: Redis, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.gpu.LEASE_S", 0.9)
    assert claim("one", [FIRST]) is not None
    time.sleep(2.0)  # a model that loads for two leases
    assert not GpuLease(redis, FIRST, "two").acquire()


def test_a_machine_without_gpus_is_left_as_it_is(claim: Claim) -> None:
    assert claim("one", []) is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "unset"


def test_a_lease_is_kept_when_redis_memory_is_full(redis: Redis) -> None:
    lease = GpuLease(redis, FIRST, "one")
    assert lease.acquire()
    redis.config_set("maxmemory", 1)
    try:
        lease.renew()
    finally:
        redis.config_set("maxmemory", 0)


def test_a_released_gpu_is_free_again(redis: Redis) -> None:
    lease = GpuLease(redis, FIRST, "one")
    assert lease.acquire()
    assert not GpuLease(redis, FIRST, "two").acquire()
    lease.release()
    assert GpuLease(redis, FIRST, "two").acquire()


def test_nobody_releases_the_gpu_of_another(redis: Redis) -> None:
    assert GpuLease(redis, FIRST, "one").acquire()
    GpuLease(redis, FIRST, "two").release()
    assert not GpuLease(redis, FIRST, "two").acquire()


def test_a_lease_runs_out_unless_it_is_renewed(redis: Redis) -> None:
    lease = GpuLease(redis, FIRST, "one")
    assert lease.acquire()
    key = f"df:gpu:{FIRST}"
    redis.pexpire(key, 500)
    lease.renew()
    remaining = redis.pttl(key)
    assert isinstance(remaining, int)
    assert remaining > 20_000


def test_a_lease_is_taken_back_after_redis_forgot_it(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    lease = GpuLease(redis, FIRST, "one")
    assert lease.acquire()
    redis.flushall()
    lease.renew()
    assert not GpuLease(redis, FIRST, "two").acquire()
    redis.set(f"df:gpu:{FIRST}", "two")
    lease.renew()
    assert "both use it now" in caplog.text
