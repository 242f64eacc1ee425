"""From POST to verdict, by stage, and how long a worker takes to be ready.

    python -m benchmarks.end_to_end [--rounds 5] [--write benchmarks/end_to_end.md]

Runs ``deepfake serve`` as a user would, posts 720p films of 10 s and of 30 min with a face in
every frame, and waits by long-polling. The machine should be idle.
"""

from __future__ import annotations

import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import click
import httpx
import psutil

from benchmarks.decode import repeat
from tests.e2e.films import face_video
from tests.e2e.service import Service

CLIPS = {"10 s": 1, "30 min": 180}
PIECE_BYTES = 1024**2
STAGES = ("queued", "fetch", "decode", "faces", "infer")
STARTED_S, IDLE_S = 60, 0.05


@contextmanager
def served() -> Iterator[tuple[str, float]]:
    """The address of a running service, and the seconds it took to be ready."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "deepfake", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"Ready after .*: (http://\S+)", line):
                ready_s = time.perf_counter() - started
                wait_idle(psutil.Process(process.pid))
                yield found[1], ready_s
                return
        raise SystemExit("deepfake serve ended before it was ready")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def wait_idle(service: psutil.Process) -> None:
    """Wait until no process of the service works: spare decoders start behind the first."""
    before, ending = 0.0, time.monotonic() + STARTED_S
    while time.monotonic() < ending:
        tree = [service, *service.children(recursive=True)]
        spent = sum(sum(one.cpu_times()[:2]) for one in tree)
        if spent - before < IDLE_S:
            return
        before = spent
        time.sleep(1)
    raise SystemExit(f"deepfake serve still worked {STARTED_S} s after it was ready")


def mark(number: int) -> bytes:
    """What makes an MP4 another file behind its end: the service knows those that it has judged."""
    text = f"round {number:06}".encode()
    return (8 + len(text)).to_bytes(4, "big") + b"free" + text


def judge(http: httpx.Client, data: bytes, number: int) -> dict[str, Any]:
    """Post, wait, and note how long that took as the client sees it."""
    # In pieces, as clients send files: httpx copies what is left of one body at every send.
    starts, end = range(0, len(data), PIECE_BYTES), mark(number)
    pieces = (*(data[at : at + PIECE_BYTES] for at in starts), end)
    length = {"Content-Length": str(len(data) + len(end))}
    started = time.perf_counter()
    job = http.post("/v1/jobs", content=pieces, headers=length).raise_for_status().json()
    posted = time.perf_counter()
    while job["status"] in ("queued", "processing"):
        job = http.get(job["links"]["self"], params={"wait": 30}).raise_for_status().json()
    ended = time.perf_counter()
    if job["cached"]:
        raise SystemExit("the service had judged the film before")
    if job["status"] != "succeeded":
        raise SystemExit(f"the job {job['status']}: {job['error']}")
    timings = {stage: float(job["result"]["timings_ms"][stage]) for stage in STAGES}
    return {"upload": 1000 * (posted - started), **timings, "all": 1000 * (ended - started)}


def measure(http: httpx.Client, rounds: int, chosen: Mapping[str, int]) -> list[str]:
    clips = {name: repeat(face_video(seconds=10, fps=30), n) for name, n in chosen.items()}
    columns = ("upload", *STAGES, "all")
    lines = [
        "| 720p film | MB | " + " | ".join(columns) + " |",
        "|---|" + "---|" * (len(columns) + 1),
    ]
    decode = {}
    for name, data in clips.items():
        judge(http, data, 0)  # everything is warm afterwards
        seen = [judge(http, data, 1 + number) for number in range(rounds)]
        figures = {column: median(row[column] for row in seen) for column in columns}
        decode[name] = figures["decode"]
        cells = " | ".join(f"{figures[column]:,.0f}" for column in columns)
        lines.append(f"| {name} | {len(data) / 1e6:,.1f} | {cells} |")
    if len(decode) > 1:
        ratio = decode["30 min"] / decode["10 s"]
        lines += ["", f"Decoding, 30 min against 10 s: {ratio:.2f}x."]
    return lines


def worker_start(rounds: int) -> list[float]:
    """Seconds from exec to ready, as the worker prints them, with Redis up."""
    took = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="df-") as folder:
            service = Service(Path(folder))
            try:
                service.redis.start()
                started = time.perf_counter()
                service.start_worker()
                took.append(time.perf_counter() - started)
            finally:
                service.stop()
    return took


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--short", is_flag=True, help="The film of 10 s alone.")
@click.option("--write", type=click.Path(path_type=Path), help="Save the tables here as well.")
def main(rounds: int, short: bool, write: Path | None) -> None:
    """Print the tables."""
    starts = worker_start(rounds)
    with served() as (url, ready_s), httpx.Client(base_url=url, timeout=120) as http:
        table = measure(http, rounds, {"10 s": 1} if short else CLIPS)
    text = "\n".join(
        [
            "# From POST to verdict",
            "",
            "    python -m benchmarks.end_to_end --write benchmarks/end_to_end.md",
            "",
            f"Python {platform.python_version()}, {platform.machine()}, two cores. "
            f"Medians of {rounds} rounds, milliseconds.",
            "",
            *table,
            "",
            f"A worker with the bundled model, from start to its first heartbeat: median "
            f"{median(starts):.1f} s, worst {max(starts):.1f} s. "
            f"`deepfake serve` was ready after {ready_s:.1f} s.",
            "",
        ]
    )
    click.echo(text)
    if write is not None:
        write.write_text(text)


if __name__ == "__main__":
    main()
