"""Which GPUs there are, and who has which."""

from __future__ import annotations

import logging
import os

import pytest
from redis import Redis

from worker.gpu import GpuLease, claim_gpu, gpu_uuids, parse_listing

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


def test_every_worker_gets_a_gpu_of_its_own_and_the_third_none(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "unset")
    one = claim_gpu(redis, [FIRST, SECOND], "one")
    assert one is not None
    assert one.uuid == FIRST == os.environ["CUDA_VISIBLE_DEVICES"]
    two = claim_gpu(redis, [FIRST, SECOND], "two")
    assert two is not None
    assert two.uuid == SECOND == os.environ["CUDA_VISIBLE_DEVICES"]
    with caplog.at_level(logging.WARNING):
        assert claim_gpu(redis, [FIRST, SECOND], "three") is None
    assert "all 2 GPUs are leased" in caplog.text


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
