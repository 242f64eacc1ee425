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
import time
from collections.abc import Sequence

from redis import Redis

from core.store.keys import PREFIX
from core.store.scripts import Scripts
from worker.periodic import Periodic

logger = logging.getLogger(__name__)

LEASE_S = 30.0
# A worker that died keeps its GPU leased for so long; the one that is started in its place waits.
PATIENCE_S = LEASE_S + 2.0
PAUSE_S = 1.0
_NO_GPU = "-1"
_UUID = re.compile(r"UUID: ((?:GPU|MIG)-[0-9a-f-]+)")


class GpuLease:
    """A GPU that this process uses, until it says otherwise or is silent for 30 s."""

    def __init__(self, redis: Redis, uuid: str, owner: str, *, prefix: str = PREFIX) -> None:
        self.uuid = uuid
        self._owner = owner
        self._run = Scripts(redis, "gpu", ("hold", "release"), prefix=prefix)
        self._renewal = Periodic("GPU lease", LEASE_S / 3, self.renew)

    def acquire(self) -> bool:
        """Take or keep the GPU; False when another process has it."""
        return bool(self._run("hold", self.uuid, self._owner, int(LEASE_S * 1000)))

    def keep(self) -> None:
        """Renew the lease from now on: loading a model can take longer than the lease lasts."""
        self._renewal.start()

    def renew(self) -> None:
        """The heartbeat. A GPU that was lost meanwhile is shared: a model cannot move."""
        if not self.acquire():
            logger.error("GPU %s is leased to another worker too; both use it now", self.uuid)

    def release(self) -> None:
        """Let others have the GPU."""
        self._renewal.stop()
        self._run("release", self.uuid, self._owner)


def claim_gpu(redis: Redis, uuids: Sequence[str], owner: str) -> GpuLease | None:
    """A free GPU, leased and made the only visible one to this process; None without one.

    When all are leased it waits for as long as the lease of a worker that died can last. Where
    none becomes free, all are hidden, so that no framework takes the GPU of another worker.
    Has to happen before TensorFlow is imported: CUDA reads the variable once.
    """
    if not uuids:
        return None
    until = time.monotonic() + PATIENCE_S
    lease = _first_free(redis, uuids, owner)
    if lease is None:
        logger.warning("all %d GPUs are leased; waiting %g s for one", len(uuids), PATIENCE_S)
    while lease is None and time.monotonic() < until:
        time.sleep(PAUSE_S)
        lease = _first_free(redis, uuids, owner)
    os.environ["CUDA_VISIBLE_DEVICES"] = _NO_GPU if lease is None else lease.uuid
    if lease is None:
        logger.warning("all %d GPUs stay leased to other workers; none is used here", len(uuids))
    else:
        logger.info("GPU %s is leased to this worker", lease.uuid)
        lease.keep()
    return lease


def _first_free(redis: Redis, uuids: Sequence[str], owner: str) -> GpuLease | None:
    leases = (GpuLease(redis, uuid, owner) for uuid in uuids)
    return next((lease for lease in leases if lease.acquire()), None)


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
