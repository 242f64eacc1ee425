"""How a client gets an answer: from a peer in one request, from this service by a job."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

Ask = Callable[[httpx.AsyncClient, bytes], Awaitable[None]]
WAIT_S = 30  # of one long poll, the most that the service allows
FRAMES = 10


class WrongAnswer(Exception):
    """An answer that cannot stand for a film that was judged."""


async def ask_peer(http: httpx.AsyncClient, film: bytes) -> None:
    """POST the film as a form and read the probability."""
    _check(await http.post("/predict", files=_form(film)))


async def ask_in_json(http: httpx.AsyncClient, film: bytes) -> None:
    """The same with the film as Base64."""
    text = base64.b64encode(film).decode()
    _check(await http.post("/predict", json={"film": text}))


def _check(answer: httpx.Response) -> None:
    answer.raise_for_status()
    probability = answer.json()["probability"]
    if not 0 <= probability <= 1:
        raise WrongAnswer(f"The probability is {probability}.")


async def ask_service(http: httpx.AsyncClient, film: bytes) -> None:
    """POST the film as a form and wait for the verdict of its job."""
    answer = await http.post("/v1/jobs", files=_form(film))
    job: dict[str, Any] = answer.raise_for_status().json()
    while job["status"] in ("queued", "processing"):
        answer = await http.get(job["links"]["self"], params={"wait": WAIT_S})
        job = answer.raise_for_status().json()
    if job["status"] != "succeeded":
        raise WrongAnswer(f"The job {job['status']}: {job['error']}")
    # As much work as the peers do: ten frames through the network, and none from a stored result.
    if job["cached"] or job["result"]["frames_scored"] != FRAMES:
        scored = job["result"]["frames_scored"]
        raise WrongAnswer(f"{scored} frames were scored and cached is {job['cached']}.")


def _form(film: bytes) -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("clip.mp4", film, "video/mp4")}
