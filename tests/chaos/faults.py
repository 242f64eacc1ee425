"""Carries faults out on a cluster, and mends what they broke as a supervisor would."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psutil
from redis.exceptions import ResponseError

from tests.chaos.cluster import Cluster, Process
from tests.chaos.events import EventLog
from tests.chaos.plan import CUTS, STEPS, Fault, FaultKind

CUT_EVERY_S: Final = 0.3
MEMORY_LEFT: Final = 200_000  # bytes that Redis may still take when its memory is made full


class Faults:
    """Every call blocks for as long as its fault lasts; ``sleep`` may be cut short."""

    def __init__(
        self, cluster: Cluster, log: EventLog, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._cluster = cluster
        self._log = log
        self._sleep = sleep

    def carry_out(self, fault: Fault) -> None:
        """Break something, wait, and mend it; notes which jobs were at work then."""
        self._supervise()
        verb, victim = fault.kind.value.split()
        self._log.note("fault", fault=fault.kind.value, lasts_s=round(fault.lasts_s, 2))
        cluster = self._cluster
        if fault.kind in STEPS:
            self._set_clock(victim, fault)
        elif fault.kind in CUTS:
            self._cut_off(verb, victim, fault)
        elif victim == "decoder":
            self._kill_decoder(self._worker_of(fault.target), fault.lasts_s)
        elif victim in ("worker", "gateway", "sender"):
            self._break_process(verb, self._chosen(victim, fault.target), fault)
        else:
            jobs = cluster.jobs_at_work()
            {
                FaultKind.RESTART_REDIS: self._restart_redis,
                FaultKind.PAUSE_REDIS: self._pause_redis,
                FaultKind.CUT_REDIS: self._cut_redis,
                FaultKind.FULL_MEMORY: self._fill_memory,
                FaultKind.FULL_DISK: self._fill_disk,
            }[fault.kind](fault.lasts_s)
            self._log.note("mended", fault=fault.kind.value, jobs=jobs)

    def _supervise(self) -> None:
        """Start again what could not start: its decoder was killed, or the machine is too slow."""
        for process in self._cluster.processes:
            if process.exit_code is not None and process.could_not_start():
                self._log.note("no start", process=process.name)
                process.start()

    def _chosen(self, victim: str, target: int) -> Process:
        if victim == "worker":
            return self._worker_of(target)
        those = self._cluster.gateways if victim == "gateway" else self._cluster.senders
        return those[target % len(those)]

    def _worker_of(self, target: int) -> Process:
        """One that has a job at work, if there is any."""
        workers = self._cluster.workers
        turned = [workers[(target + n) % len(workers)] for n in range(len(workers))]
        busy = (worker for worker in turned if self._cluster.jobs_at_work(worker.pid))
        return next(busy, turned[0])

    def _break_process(self, verb: str, process: Process, fault: Fault) -> None:
        jobs: list[str] = []
        if fault.kind in (FaultKind.KILL_WORKER, FaultKind.PAUSE_WORKER):
            jobs = self._cluster.jobs_at_work(process.pid)
        process.send(signal.SIGKILL if verb == "kill" else signal.SIGSTOP)
        # From here on its jobs have nobody.
        self._log.note("mended", fault=fault.kind.value, process=process.name, jobs=jobs)
        self._sleep(fault.lasts_s)
        if verb == "kill":
            process.kill()
            process.start()
        else:
            process.send(signal.SIGCONT)

    def _set_clock(self, victim: str, fault: Fault) -> None:
        clock, name, jobs = self._cluster.redis_clock, victim, list[str]()
        if victim == "redis":
            jobs = self._cluster.jobs_at_work()
        else:
            chosen = self._chosen(victim, fault.target)
            clock, name = chosen.clock, chosen.name
        assert clock is not None, "Clocks can be set in a cluster with such clocks alone."
        self._log.note("clock", process=name, ahead_s=fault.ahead_s, jobs=jobs)
        clock.set(fault.ahead_s)
        self._sleep(fault.lasts_s)

    def _cut_off(self, verb: str, victim: str, fault: Fault) -> None:
        """Unplug a machine, or let nothing pass between it and Redis; and mend that."""
        cluster, network, jobs = self._cluster, self._cluster.network, list[str]()
        assert network is not None, "Machines can be cut off in a cluster with a network alone."
        name = victim
        if victim == "redis":
            jobs = cluster.jobs_at_work()
        else:
            chosen = self._chosen(victim, fault.target)
            name = chosen.name
            jobs = cluster.jobs_at_work(chosen.pid) if victim == "worker" else []
        if verb == "unplug":
            network.unplug(name)
        else:
            others = [process.name for process in cluster.processes]
            for other in others if victim == "redis" else [name]:
                network.silence(other, "redis")
        if victim != "redis":  # from here on its jobs have nobody
            self._log.note("mended", fault=fault.kind.value, process=name, jobs=jobs)
        self._sleep(fault.lasts_s)
        network.heal()
        if victim == "redis":
            self._log.note("mended", fault=fault.kind.value, jobs=jobs)

    def _kill_decoder(self, worker: Process, pause_s: float) -> None:
        """Kill one of its children, the one with the most work behind it; it has to go on."""
        jobs = self._cluster.jobs_at_work(worker.pid)
        with suppress(psutil.NoSuchProcess, ValueError):  # the worker is only starting
            children = psutil.Process(worker.pid).children()
            max(children, key=lambda child: child.cpu_times().user).kill()
        self._log.note("mended", fault="kill decoder", process=worker.name, jobs=jobs)
        self._sleep(pause_s)

    def _restart_redis(self, lasts_s: float) -> None:
        self._cluster.redis.stop()
        self._sleep(lasts_s)
        self._cluster.redis.start()

    def _pause_redis(self, lasts_s: float) -> None:
        pid = self._cluster.redis.pid
        os.kill(pid, signal.SIGSTOP)
        self._sleep(lasts_s)
        os.kill(pid, signal.SIGCONT)

    def _cut_redis(self, lasts_s: float) -> None:
        """End every connection of every process, again and again; answers under way are lost."""
        ends = time.monotonic() + lasts_s
        with self._cluster.redis.client() as redis:
            while True:
                redis.client_kill_filter(_type="normal", skipme=True)
                if time.monotonic() >= ends:
                    return
                self._sleep(CUT_EVERY_S)

    def _fill_memory(self, lasts_s: float) -> None:
        with self._cluster.redis.client() as redis:
            used: Any = redis.info("memory")
            redis.config_set("maxmemory", int(used["used_memory"]) + MEMORY_LEFT)
            self._sleep(lasts_s)
            redis.config_set("maxmemory", 0)

    def _fill_disk(self, lasts_s: float) -> None:
        """A snapshot that cannot be written: Redis answers writes with MISCONF."""
        (self._cluster.folder / "dump.rdb").mkdir(exist_ok=True)  # a snapshot cannot replace it
        with self._cluster.redis.client() as redis:
            redis.config_set("stop-writes-on-bgsave-error", "yes")
            redis.config_set("save", "3600 1")
            # Refused where the disk was full before and Redis was not started again since.
            with suppress(ResponseError):
                redis.set("chaos:changed", 1, ex=1)
                redis.bgsave()
            while _persistence(redis)["rdb_last_bgsave_status"] == "ok":
                time.sleep(0.02)
            self._sleep(lasts_s)
            redis.config_set("stop-writes-on-bgsave-error", "no")
            redis.config_set("save", "")


def _persistence(redis: Any) -> Any:
    return redis.info("persistence")
