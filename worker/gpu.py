"""One GPU for each worker process, agreed upon through Redis.

Compose cannot give every replica its own GPU (docker/compose#11863), so all replicas see all
of them and each leases one. The lease is on the UUID, not on an index under a host name: two
containers on one machine have different host names, but see the same UUIDs.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Sequence

from redis import Redis

from core.store.connection import store_errors

logger = logging.getLogger(__name__)

LEASE_MS = 30_000
_UUID = re.compile(r"UUID: ((?:GPU|MIG)-[0-9a-f-]+)")
_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class GpuLease:
    """A GPU that this process uses, until it says otherwise or is silent for 30 s."""

    def __init__(self, redis: Redis, uuid: str, owner: str, *, prefix: str = "df:") -> None:
        self.uuid = uuid
        self._owner = owner
        self._key = f"{prefix}gpu:{uuid}"
        self._hold = redis.register_script(_HOLD)
        self._release = redis.register_script(_RELEASE)

    @store_errors()
    def acquire(self) -> bool:
        """Take or keep the GPU; False when another process has it."""
        return bool(self._hold(keys=[self._key], args=[self._owner, LEASE_MS]))

    def renew(self) -> None:
        """The heartbeat. A GPU that was lost meanwhile is shared: a model cannot move."""
        if not self.acquire():
            logger.error("GPU %s is leased to another worker too; both use it now", self.uuid)

    @store_errors()
    def release(self) -> None:
        self._release(keys=[self._key], args=[self._owner])


def claim_gpu(redis: Redis, uuids: Sequence[str], owner: str) -> GpuLease | None:
    """The first free GPU, made the only visible one to this process; None when none is free.

    Has to happen before TensorFlow is imported: CUDA reads the variable once.
    """
    for uuid in uuids:
        lease = GpuLease(redis, uuid, owner)
        if lease.acquire():
            os.environ["CUDA_VISIBLE_DEVICES"] = uuid
            return lease
    if uuids:
        logger.warning("all %d GPUs are leased to other workers; using the CPU", len(uuids))
    return None


def gpu_uuids(cuda_visible_devices: str | None = None) -> list[str]:
    """UUIDs of the NVIDIA GPUs that this process may use; empty without a driver.

    Asks ``nvidia-smi``: importing TensorFlow for it would take seconds, and too early.
    """
    try:
        listing = subprocess.run(
            ["nvidia-smi", "-L"],  # noqa: S607 - its folder differs between drivers
            capture_output=True,
            text=True,
            timeout=15,
            check=True,
        ).stdout
    except FileNotFoundError:
        return []
    except (subprocess.SubprocessError, OSError) as error:
        logger.warning("nvidia-smi -L failed, so no GPU is used: %s", error)
        return []
    return parse_listing(listing, cuda_visible_devices)


def parse_listing(listing: str, cuda_visible_devices: str | None = None) -> list[str]:
    """UUIDs in the output of ``nvidia-smi -L``; the slices of a GPU in place of itself.

    ``cuda_visible_devices`` narrows them down as CUDA does: indices or UUIDs, and nothing
    after the first that does not exist.
    """
    uuids = _UUID.findall(listing)
    slices = [uuid for uuid in uuids if uuid.startswith("MIG-")]
    uuids = slices or uuids
    if cuda_visible_devices is None:
        return uuids
    chosen = []
    for name in cuda_visible_devices.replace(" ", "").split(","):
        if name.isdecimal() and int(name) < len(uuids):
            chosen.append(uuids[int(name)])
        elif name in uuids:
            chosen.append(name)
        else:
            break
    return chosen
