"""Measure, check the simulation against a real run, and simulate a thousand workers.

python -m benchmarks.capacity measure --write benchmarks/capacity/measured.json
python -m benchmarks.capacity tell benchmarks/capacity/measured.json --price-per-core-hour PRICE
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, quantiles
from typing import Self

import click

from benchmarks.capacity.model import GIB, Capacity
from benchmarks.capacity.redis_times import measured_times, record_bytes
from benchmarks.capacity.simulation import Outcome, Plan, Simulation
from benchmarks.capacity.times import RedisTimes
from benchmarks.capacity.two_workers import SEED, WORKERS, Measured, measured_run
from core.cores import usable_cores

SEEDS = range(SEED + 1, SEED + 20)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured, as it is kept in a file."""

    cores: int
    times: RedisTimes
    waiting_bytes: float
    ended_bytes: float
    run: Measured

    @classmethod
    def read(cls, file: Path) -> Self:
        held = json.loads(file.read_text())
        return cls(**{**held, "times": RedisTimes(**held["times"]), "run": Measured(**held["run"])})

    @property
    def capacity(self) -> Capacity:
        rate = self.run.jobs_per_s / self.cores
        return Capacity(rate, self.waiting_bytes, self.ended_bytes, self.times)

    def plan(self) -> Plan:
        """The run with two workers, for the simulation."""
        run = self.run
        return Plan(
            workers=WORKERS,
            gateways=1,
            arrivals_per_s=run.arrivals_per_s,
            seconds=run.seconds,
            service_s=lambda dice: dice.choice(run.service_s),
            times=self.times,
            upload_s=run.upload_s,
            seed=SEED,
        )


@click.group()
def main() -> None:
    """How much so many workers can do."""


@main.command()
@click.option("--calibrate-s", default=20.0, show_default=True)
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--write", required=True, type=click.Path(path_type=Path))
def measure(calibrate_s: float, seconds: float, write: Path) -> None:
    """Measure Redis and two workers on this machine."""
    times, sizes = measured_times(), record_bytes()
    run = measured_run(calibrate_s, seconds)
    figures = Figures(usable_cores(), times, *sizes, run)
    write.write_text(json.dumps(asdict(figures), default=float, indent=1) + "\n")
    click.echo(check(figures))


@main.command()
@click.argument("measured", type=click.Path(path_type=Path, exists=True))
@click.option("--price-per-core-hour", type=float, help="Without it the row is in core-hours.")
@click.option("--workers", default=1000, show_default=True)
@click.option("--gateways", default=100, show_default=True)
@click.option("--seconds", default=40.0, show_default=True, help="Of the simulation.")
def tell(
    measured: Path,
    price_per_core_hour: float | None,
    workers: int,
    gateways: int,
    seconds: float,
) -> None:
    """Print the model, the check and the simulation."""
    figures = Figures.read(measured)
    click.echo(model(figures, price_per_core_hour) + "\n")
    click.echo(check(figures) + "\n")
    click.echo(simulated(figures, workers, gateways, seconds))


def model(figures: Figures, price: float | None) -> str:
    capacity = figures.capacity
    hours = capacity.core_hours_per_million
    money = "" if price is None else f"; {capacity.price_per_million(price):,.2f} at {price} each"
    day = capacity.memory_bytes(waiting=0, upload_bytes=0, jobs_per_s=100, kept_s=86_400) / GIB
    rows = {
        "jobs a second and core": f"{capacity.jobs_per_core_s:.2f}",
        "a million videos": f"{hours:,.0f} core-hours{money}",
        "Redis, a job that waits": f"{capacity.waiting_bytes / 1024:.1f} KiB and its upload",
        "Redis, a job that has ended": f"{capacity.ended_bytes / 1024:.1f} KiB",
        "Redis, 100 jobs a second kept for 24 h": f"{day:,.1f} GiB",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def check(figures: Figures) -> str:
    """The simulation beside the real run, and how far other draws of the same rate would lie."""
    run, plan = figures.run, figures.plan()
    one = _told(Simulation(plan).run(), run.seconds)
    others = [_told(Simulation(replace(plan, seed=seed)).run(), run.seconds) for seed in SEEDS]
    real = (run.ended_per_s, *_p50_p95(run.latency_s))
    lines = ["| | measured | simulated | error | of other draws |", "|---|---|---|---|---|"]
    for at, name in enumerate(("jobs a second", "latency p50, s", "latency p95, s")):
        low, high = min(o[at] for o in others), max(o[at] for o in others)
        error = one[at] / real[at] - 1
        lines.append(
            f"| {name} | {real[at]:.2f} | {one[at]:.2f} | {error:+.0%} | {low:.2f} to {high:.2f} |"
        )
    modelled_ms = 1000 * figures.times.job_s(gateways=1, service_s=mean(run.service_s))
    modelled_ms += 1000 * figures.times.idle_s(WORKERS) / run.arrivals_per_s
    lines.append(
        f"| Redis, ms a job | {1000 * run.redis_s_each:.2f} | {modelled_ms:.2f} "
        f"| {modelled_ms / 1000 / run.redis_s_each - 1:+.0%} | |"
    )
    return "\n".join(lines)


def _told(outcome: Outcome, seconds: float) -> tuple[float, float, float]:
    return (outcome.ended / seconds, *_p50_p95(outcome.latency_s))


def _p50_p95(times_s: list[float]) -> tuple[float, float]:
    cuts = quantiles(times_s, n=20)
    return cuts[9], cuts[18]


def simulated(figures: Figures, workers: int, gateways: int, seconds: float) -> str:
    """Arrivals at shares of what the workers could do, with a slot and a core each."""
    service_s = mean(figures.run.service_s)
    most = workers / service_s
    limit = figures.capacity.redis_jobs_per_s(
        workers=workers, gateways=gateways, service_s=service_s
    )
    lines = [
        f"{workers:,} workers of one slot, which could do {most:,.0f} jobs a second, {gateways} "
        f"gateways, one Redis, which can do {limit:,.0f}:",
        "",
        "| jobs a second that come | that end | latency p50, p95, s | Redis busy | calls a second "
        "| longest wait for Redis, s | late renewals |",
        "|---|---|---|---|---|---|---|",
    ]
    for share in (0.25, 0.5, 0.8, 0.95, 1.2):
        rate = share * min(most, limit)
        plan = replace(
            figures.plan(), workers=workers, gateways=gateways, arrivals_per_s=rate,
            seconds=seconds, warm_s=seconds / 4,
        )  # fmt: skip
        seen = Simulation(plan).run()
        p50, p95 = _p50_p95(seen.latency_s)
        lines.append(
            f"| {rate:,.0f} | {seen.ended / seconds:,.0f} | {p50:.2f}, {p95:.2f} "
            f"| {seen.redis_busy:.0%} | {seen.redis_calls_per_s:,.0f} "
            f"| {seen.redis_wait_s:.3f} | {seen.late_renewals} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
