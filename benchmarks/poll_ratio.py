"""What a look at a job costs beside a bare FastAPI route that reads one key of Redis.

Both are one process on httptools and uvloop, asked in turns by one client on one connection. On a
machine that is busy the polls that were held up by nothing say most: the fastest twentieth of them.

    python -m benchmarks.poll_ratio --rounds 8
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import uvicorn
from fastapi import FastAPI, Response
from redis.asyncio import Redis

from benchmarks.gateway_processes import GatewayProcess, gateway_process
from benchmarks.gateway_speed import measured
from tests.redis_server import RedisServer

KEY: Final = "bare"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=8)
    arguments.add_argument("--polls", type=int, default=300, help="in a round, of each")
    arguments.add_argument("--serve-bare", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.serve_bare:
        serve_bare()
        return
    with tempfile.TemporaryDirectory(prefix="df-") as folder, ExitStack() as stack:
        redis = stack.enter_context(RedisServer(Path(folder)))
        ours = stack.enter_context(gateway_process(redis.url))
        bare = stack.enter_context(
            gateway_process(redis.url, ("-m", "benchmarks.poll_ratio", "--serve-bare"))
        )
        seen = {"bare route": Seen(bare), "a job": Seen(ours)}
        for number in range(options.rounds + 1):
            for each in seen.values():
                each.ask(options.polls, warm=number > 0)  # the first round makes pools and caches
        show(seen)


class Seen:
    """What the polls of one gateway took."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self._gateway = gateway
        self._seconds: list[float] = []
        self.cpu: list[float] = []  # ms a poll, of each round
        self.wall: list[float] = []

    def ask(self, polls: int, *, warm: bool) -> None:
        seconds: list[float] = []
        cpu, wall = measured(self._gateway, lambda link: link.poll(polls, seconds))
        if warm:
            self.cpu.append(cpu)
            self.wall.append(wall)
            self._seconds += seconds

    @property
    def unhindered_us(self) -> float:
        """The time under which a twentieth of the polls took."""
        return sorted(self._seconds)[len(self._seconds) // 20] * 1e6


def serve_bare() -> None:
    """A route that does nothing but read a key, and what the client needs around it."""
    app = FastAPI()
    redis = Redis.from_url(os.environ["DEEPFAKE_REDIS_URL"])

    @app.post("/v1/jobs", status_code=202)
    async def create(response: Response) -> None:
        await redis.set(KEY, "x" * 1000)
        response.headers["location"] = "/v1/jobs/job_1"

    @app.get("/v1/jobs/{job_id}")
    async def read(job_id: str) -> dict[str, str]:
        return {"id": job_id, "value": str(await redis.get(KEY))}

    @app.delete("/v1/jobs/{job_id}", status_code=204)
    async def delete(job_id: str) -> None:  # noqa: ARG001
        await redis.delete(KEY)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    uvicorn.run(
        app, port=int(os.environ["DEEPFAKE_PORT"]), log_config=None, loop="uvloop", http="httptools"
    )


def show(seen: dict[str, Seen]) -> None:
    print("| | CPU, ms a poll | polls a second | a poll that nothing held up, µs |")
    print("|---|---|---|---|")
    for name, each in seen.items():
        rate = 1000 / median(each.wall)
        print(f"| {name} | {median(each.cpu):.2f} | {rate:,.0f} | {each.unhindered_us:.0f} |")
    bare, ours = seen.values()
    print("\na job to the bare route, medians of the rounds:")
    print(
        f"CPU {_ratio(ours.cpu, bare.cpu):.2f}, polls a second {_ratio(bare.wall, ours.wall):.2f},"
    )
    print(f"polls a second that nothing held up {bare.unhindered_us / ours.unhindered_us:.2f}")


def _ratio(these: list[float], those: list[float]) -> float:
    return median(this / that for this, that in zip(these, those, strict=True))


if __name__ == "__main__":
    main()
