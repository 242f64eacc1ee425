"""What a second model costs: a film from POST to verdict, and the memory of the worker.

    deepfake models assemble clip-faces
    python -m benchmarks.two_models [--rounds 7]

Runs ``deepfake serve`` with the bundled model alone and with ``--video-model``, posts a 720p film
of 10 s and a still picture with a face, and waits by long-polling. The machine should be idle.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

import click
import httpx
import psutil

from tests.e2e.films import face_image, face_video

STAGES = ("decode", "faces", "infer")


@contextmanager
def served(options: Sequence[str]) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a running service, and its worker."""
    command = [sys.executable, "-m", "deepfake", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"Ready after .*: (http://\S+)", line):
                yield found[1], _worker(process.pid)
                return
        raise SystemExit("deepfake serve ended before it was ready")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _worker(pid: int) -> psutil.Process:
    (worker,) = (
        child for child in psutil.Process(pid).children() if child.cmdline()[-1] == "worker"
    )
    return worker


def another(data: bytes, number: int) -> bytes:
    """A file that shows the same and has other bytes: of the same bytes a result is reused."""
    if data.startswith(b"\xff\xd8"):  # a comment behind the first marker of a JPEG
        return b"\xff\xd8\xff\xfe\x00\x06" + number.to_bytes(4) + data[2:]
    return data + b"\x00\x00\x00\x0cfree" + number.to_bytes(4)  # a box of an MP4


def judge(http: httpx.Client, data: bytes) -> dict[str, Any]:
    """Post and wait; with ``all`` the milliseconds as the client sees them."""
    started = time.perf_counter()
    job = http.post("/v1/jobs", content=data).raise_for_status().json()
    while job["status"] in ("queued", "processing"):
        job = http.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).raise_for_status().json()
    elapsed_ms = 1000 * (time.perf_counter() - started)
    result = job["result"]
    return {"all": elapsed_ms, "model": result["model"]["name"], **result["timings_ms"]}


def row(name: str, options: Sequence[str], files: dict[str, bytes], rounds: int) -> list[str]:
    """Rows of the table: a file each, then the memory."""
    with served(options) as (url, worker), httpx.Client(base_url=url, timeout=120) as http:
        rows = []
        for what, data in files.items():
            # The first pays for what is loaded late.
            _, *told = [judge(http, another(data, number)) for number in range(rounds + 1)]
            stages = " | ".join(f"{median(each[stage] for each in told):,.0f}" for stage in STAGES)
            times = [each["all"] for each in told]
            rows.append(
                f"| {name} | {what} | {told[0]['model']} | {stages} | {median(times):,.0f} | "
                f"{min(times):,.0f} |"
            )
        held = worker.memory_full_info()
        rows.append(f"{name}: RSS {held.rss / 1e6:,.0f} MB, PSS {held.pss / 1e6:,.0f} MB")
    return rows


@click.command()
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(1))
@click.option("--video-model", default="clip-faces", show_default=True)
def main(rounds: int, video_model: str) -> None:
    """Print the table and the memory."""
    files = {"720p film, 10 s": face_video(seconds=10, fps=30), "picture": face_image()}
    services = {
        "one model": (),
        "two models": ("--video-model", video_model),
        "two models, videos in float32": (
            "--video-model", video_model, "--video-runtime", "openvino-fp32",
        ),
    }  # fmt: skip
    click.echo("| service | file | judged by | decode | faces | infer | all, median | fastest |")
    click.echo("|---|---|---|---|---|---|---|---|")
    told = [row(name, options, files, rounds) for name, options in services.items()]
    for line in sorted((line for rows in told for line in rows), key=lambda line: line[0] != "|"):
        click.echo(line)


if __name__ == "__main__":
    main()
