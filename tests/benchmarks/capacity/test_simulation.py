from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import replace
from math import factorial
from statistics import mean

import pytest
import simpy

from benchmarks.capacity.simulation import OneServer, Plan, Simulation
from benchmarks.capacity.times import RedisTimes

SERVICE_S = 0.4
PLAN = Plan(
    workers=3,
    gateways=1,
    arrivals_per_s=6.0,
    seconds=2500.0,
    service_s=lambda dice: dice.expovariate(1 / SERVICE_S),
    times=RedisTimes.none(),
    poll_s=1e9,
    warm_s=100.0,
)


def erlang_c_wait_s(arrivals_per_s: float, service_s: float, servers: int) -> float:
    """The mean wait of M/M/c (Erlang 1917)."""
    load = arrivals_per_s * service_s
    full = load**servers / factorial(servers) * servers / (servers - load)
    waits = full / (sum(load**k / factorial(k) for k in range(servers)) + full)
    return waits * service_s / (servers - load)


def test_jobs_wait_as_long_as_erlang_says() -> None:
    waited = mean(Simulation(PLAN).run().waited_s)
    assert waited == pytest.approx(erlang_c_wait_s(6.0, SERVICE_S, 3), rel=0.15), waited
    assert waited != pytest.approx(erlang_c_wait_s(6.0, SERVICE_S, 4), rel=0.15)


def test_calls_wait_for_redis_as_long_as_pollaczek_and_khinchine_say() -> None:
    """Calls of equal length, 0.7 of what one server can: M/D/1."""
    env, dice = simpy.Environment(), random.Random(1)
    server, waited_s = OneServer(env), []

    def calls() -> Generator[simpy.Event, None, None]:
        while True:
            yield env.timeout(dice.expovariate(7.0))
            waited_s.append(server.call(0.1) - 0.1)

    env.process(calls())
    env.run(until=2500)
    assert mean(waited_s) == pytest.approx(0.7 * 0.1 / (2 * (1 - 0.7)), rel=0.1)
    assert server.busy_s / 2500 == pytest.approx(0.7, rel=0.05)


def test_no_more_jobs_end_than_redis_can_serve() -> None:
    times = replace(RedisTimes.none(), finish_s=0.02, event_s=0.001)
    limit_per_s = 1 / times.job_s(gateways=4)
    plan = replace(PLAN, workers=200, gateways=4, seconds=60.0, times=times)
    below = Simulation(replace(plan, arrivals_per_s=0.8 * limit_per_s)).run()
    assert below.redis_busy == pytest.approx(0.8, rel=0.15)
    above = Simulation(replace(plan, arrivals_per_s=2 * limit_per_s)).run()
    assert above.redis_busy == pytest.approx(1.0, abs=0.02)
    assert above.ended / 60 < limit_per_s < below.ended / 60 / 0.6


def test_a_lease_whose_renewal_redis_answers_too_late_is_counted() -> None:
    times = replace(RedisTimes.none(), renew_s=2.0)
    plan = replace(PLAN, times=times, seconds=120.0, service_s=lambda _: 5.0, lease_s=3.0)
    assert Simulation(plan).run().late_renewals > 0
    assert Simulation(replace(plan, times=RedisTimes.none())).run().late_renewals == 0


def test_one_seed_gives_one_outcome() -> None:
    plan = replace(PLAN, seconds=100.0)
    assert Simulation(plan).run() == Simulation(plan).run()
    assert Simulation(plan).run() != Simulation(replace(plan, seed=2)).run()


def test_random_is_not_shared() -> None:
    random.seed(1)
    before = random.getstate()
    Simulation(replace(PLAN, seconds=10.0)).run()
    assert random.getstate() == before
