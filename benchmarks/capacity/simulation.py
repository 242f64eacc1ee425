"""A discrete-event simulation of clients, gateways, workers and one Redis, with SimPy.

Redis is one server that takes the calls in the order in which they come. Workers take the oldest
job, renew its lease while they judge it, and beat, reap and look at the queue as they do when they
are idle. A client looks at its job when it is made, at each change, and every ``poll_s``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import simpy

from benchmarks.capacity.times import CHANGES, LOOKS_ON_CHANGES, RedisTimes

RENEW_S: Final = 0.5
BEAT_S, REAP_S, RING_S = 5.0, 3.75, 2.0
Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated; ``service_s`` draws how long a slot judges one job, Redis apart."""

    workers: int  # slots
    gateways: int
    arrivals_per_s: float
    seconds: float
    service_s: Callable[[random.Random], float]
    times: RedisTimes
    upload_s: float = 0.0  # of a client and its gateway, Redis apart
    mib: float = 0.0  # of one upload that is in Redis
    poll_s: float = 10.0
    lease_s: float = 15.0
    warm_s: float = 0.0  # jobs that come before it are not counted
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    """Jobs that came after the warm time; seconds."""

    latency_s: list[float] = field(default_factory=list)
    waited_s: list[float] = field(default_factory=list)  # in the queue
    ended: int = 0  # within the time, whenever they came
    redis_busy: float = 0.0  # of the time, 0 to 1
    redis_calls_per_s: float = 0.0
    redis_wait_s: float = 0.0  # the longest that a call stood before Redis
    late_renewals: int = 0  # answered after the lease had ended


class OneServer:
    """Calls in the order of their arrival, one at a time."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env, self._free_at = env, 0.0
        self.busy_s, self.calls, self.longest_s = 0.0, 0, 0.0

    def call(self, takes_s: float, calls: int = 1) -> float:
        """Enter a call; the seconds until it is answered."""
        waits_s = max(0.0, self._free_at - self._env.now)
        self._free_at = self._env.now + waits_s + takes_s
        self.busy_s += takes_s
        self.calls += calls
        self.longest_s = max(self.longest_s, waits_s)
        return waits_s + takes_s


@dataclass(eq=False, slots=True)
class SimulatedJob:
    came_s: float
    done: simpy.Event
    queued_s: float = 0.0


class Simulation:
    """One run of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._times = plan, plan.times
        self._arriving = random.Random(plan.seed)  # a load generator can draw the same times
        self._random = random.Random(plan.seed + 1)
        self._env = simpy.Environment()
        self._redis = OneServer(self._env)
        self._queue = simpy.Store(self._env)
        self._outcome = Outcome()

    def run(self) -> Outcome:
        env, plan, outcome = self._env, self._plan, self._outcome
        env.process(self._arrivals())
        for _ in range(plan.workers):
            env.process(self._worker())
            for every_s, takes_s in self._background():
                env.process(self._periodic(every_s, takes_s))
        env.run(until=plan.seconds)
        outcome.redis_busy = min(1.0, self._redis.busy_s / plan.seconds)
        outcome.redis_calls_per_s = self._redis.calls / plan.seconds
        outcome.redis_wait_s = self._redis.longest_s
        return outcome

    def _background(self) -> list[tuple[float, float]]:
        times = self._times
        every = [(BEAT_S, times.beat_s), (REAP_S, times.reap_s), (RING_S, times.ring_s)]
        return [(every_s, takes_s) for every_s, takes_s in every if takes_s]

    def _arrivals(self) -> Steps:
        while True:
            yield self._env.timeout(self._arriving.expovariate(self._plan.arrivals_per_s))
            self._env.process(self._client())

    def _client(self) -> Steps:
        env, plan, times, redis = self._env, self._plan, self._times, self._redis
        job = SimulatedJob(env.now, env.event())
        upload_s = times.submit_s + plan.mib * times.in_mib_s
        yield env.timeout(plan.upload_s + redis.call(upload_s + self._told(1), 4))
        job.queued_s = env.now
        self._queue.put(job)
        redis.call(times.look_s)
        while not job.done.triggered:
            yield job.done | env.timeout(plan.poll_s)
            if not job.done.triggered:
                redis.call(times.look_s)
        yield env.timeout(redis.call(times.look_s))
        if job.came_s >= plan.warm_s:
            self._outcome.latency_s.append(env.now - job.came_s)

    def _told(self, changes: int) -> float:
        """Seconds of Redis for telling all gateways of so many changes."""
        return changes * self._plan.gateways * self._times.event_s

    def _worker(self) -> Steps:
        env, times, redis = self._env, self._times, self._redis
        while True:
            job = yield self._queue.get()
            yield env.timeout(redis.call(times.take_s + self._told(1)))
            if job.came_s >= self._plan.warm_s:
                self._outcome.waited_s.append(env.now - job.queued_s)
            looks_s = (LOOKS_ON_CHANGES - 1) * times.look_s
            work_s = times.work_s + self._plan.mib * times.out_mib_s
            yield env.timeout(redis.call(work_s + looks_s + self._told(CHANGES - 3), 6))
            yield from self._judge()
            yield env.timeout(redis.call(times.finish_s + self._told(1)))
            job.done.succeed()
            self._outcome.ended += 1

    def _judge(self) -> Steps:
        left_s = self._plan.service_s(self._random)
        while left_s > RENEW_S:
            yield self._env.timeout(RENEW_S)
            left_s -= RENEW_S
            answered_s = self._redis.call(self._times.renew_s)
            self._outcome.late_renewals += answered_s > self._plan.lease_s
        yield self._env.timeout(left_s)

    def _periodic(self, every_s: float, takes_s: float) -> Steps:
        yield self._env.timeout(self._random.uniform(0, every_s))
        for _ in count():
            self._redis.call(takes_s)
            yield self._env.timeout(every_s)
