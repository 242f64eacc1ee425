"""What a look at a job costs beside a bare FastAPI route that reads one key of Redis.

Both are one process on httptools and uvloop, asked in turns by one client on one connection.

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

from benchmarks.gateway_processes import gateway_process
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
        rows = [
            [measured(each, lambda link: link.poll(options.polls)) for each in (bare, ours)]
            for _ in range(options.rounds + 1)
        ]
        show(rows[1:])  # the first round makes pools and caches


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


def show(rows: list[list[tuple[float, float]]]) -> None:
    print("| | CPU, ms a poll | polls a second, one client |\n|---|---|---|")
    for name, figures in zip(("bare route", "a job"), zip(*rows, strict=True), strict=True):
        cpu, wall = zip(*figures, strict=True)
        print(f"| {name} | {median(cpu):.2f} | {1000 / median(wall):,.0f} |")
    ratios = [bare[1] / ours[1] for bare, ours in rows]
    print(f"\npolls a second, a job to the bare route: median of the rounds {median(ratios):.2f}")


if __name__ == "__main__":
    main()
