"""A client as it should be: it sends again until it is answered, and follows its job to the end."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import httpx

from tests.chaos.events import EventLog
from tests.chaos.plan import JobPlan
from tests.chaos.samples import samples

TERMINAL: Final = ("succeeded", "failed", "canceled")
PIECE: Final = 2048
SLOW_S: Final = 1.5  # that a slow body takes
MOST_PAUSE_S: Final = 2.0
GIVE_UP_S: Final = 240.0  # a job that has not ended by then is lost
Answer = httpx.Response | None


class ChaosClient:
    """Runs one job after another, of a plan; several may be under way at one time."""

    def __init__(
        self, http: httpx.AsyncClient, urls: Sequence[str], log: EventLog, *, frames: int = 3
    ) -> None:
        self._frames = frames
        self._http = http
        self._urls = urls
        self._log = log
        self._draw = random.Random("client")

    async def run(self, plan: JobPlan) -> None:
        """Send the file, follow the job to its end, and do what the plan wants done then."""
        try:
            async with asyncio.timeout(GIVE_UP_S):
                job_id = await self._submit(plan)
                if plan.ending == "cancel":
                    await self._act(plan, "cancel", "POST", f"/v1/jobs/{job_id}/cancel")
                await self._follow(plan, job_id)
                if plan.again:
                    await self._submit(plan)
                if plan.ending == "delete":
                    await self._act(plan, "delete", "DELETE", f"/v1/jobs/{job_id}")
        except TimeoutError:
            self._log.note("given up", plan.number)

    async def look(self, number: int, job_id: str, gateway: int) -> None:
        """Read a job once more, at the end of everything."""
        answer = await self._insist(number, "GET", f"/v1/jobs/{job_id}", first=gateway)
        if answer.status_code == httpx.codes.OK:
            self._saw(number, answer.json())
        else:
            self._log.note("gone", number, status=answer.status_code)

    async def _submit(self, plan: JobPlan) -> str:
        body = samples()[plan.sample].variant(plan.number)
        query = {
            "queue": plan.queue,
            "evidence": str(plan.evidence).lower(),
            "frames": self._frames,
            "sampling": "exact",
        }
        answer = await self._insist(
            plan.number,
            "POST",
            "/v1/jobs",
            first=plan.gateway,
            params=query,
            headers={"Idempotency-Key": f"chaos-{plan.number}", "Content-Length": str(len(body))},
            body=body,
            spread_s=SLOW_S if plan.slow else 0.0,
        )
        told = answer.json()
        if answer.status_code not in (httpx.codes.OK, httpx.codes.ACCEPTED):
            self._log.note("refused", plan.number, status=answer.status_code, told=told)
            raise TimeoutError
        self._log.note("accepted", plan.number, id=told["id"], status=answer.status_code)
        return str(told["id"])

    async def _follow(self, plan: JobPlan, job_id: str) -> None:
        path, ended = f"/v1/jobs/{job_id}", False
        while not ended:
            if plan.follow == "events":
                ended = await self._listen(plan, path)
                continue
            wait = {"wait": 5} if plan.follow == "wait" else {}
            answer = await self._insist(plan.number, "GET", path, params=wait)
            if answer.status_code != httpx.codes.OK:
                self._log.note("gone", plan.number, status=answer.status_code)
                return
            ended = self._saw(plan.number, answer.json())
            if not ended and not wait:
                await asyncio.sleep(0.5)

    async def _listen(self, plan: JobPlan, path: str) -> bool:
        """Read the stream of events, slowly; True at the end of the job."""
        url = self._draw.choice(self._urls)
        try:
            async with self._http.stream("GET", f"{url}{path}/events") as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        job = json.loads(line.removeprefix("data: "))
                        if "status" in job and self._saw(plan.number, job):
                            return True
                        await asyncio.sleep(0.1)
        except httpx.HTTPError:
            await asyncio.sleep(self._draw.uniform(0.1, 0.5))
        else:
            await asyncio.sleep(0.2)  # 503, or a gateway that stops
        return False

    async def _act(self, plan: JobPlan, what: str, method: str, path: str) -> None:
        answer = await self._insist(plan.number, method, path)
        self._log.note(what, plan.number, status=answer.status_code)

    def _saw(self, number: int, job: dict[str, Any]) -> bool:
        ended = job["status"] in TERMINAL
        self._log.note("seen", number, **(snapshot(job) if ended else {"status": job["status"]}))
        return ended

    async def _insist(
        self,
        number: int,
        method: str,
        path: str,
        *,
        first: int | None = None,
        body: bytes = b"",
        spread_s: float = 0.0,
        **request: Any,
    ) -> httpx.Response:
        """Ask one gateway after the other, until one gives an answer that counts."""
        turn = self._draw.randrange(2) if first is None else first
        while True:
            url = f"{self._urls[turn % len(self._urls)]}{path}"
            content = _drops(body, spread_s) if body else None
            answer: Answer = None
            try:
                answer = await self._http.request(method, url, content=content, **request)
            except httpx.HTTPError as error:
                self._log.note("no answer", number, method=method, error=type(error).__name__)
            if answer is not None and answer.status_code not in (408, 429, 500, 502, 503):
                return answer
            if answer is not None:
                kind = answer.json()["type"].rpartition("/")[2]
                self._log.note(
                    "turned away", number, method=method, status=answer.status_code, type=kind
                )
            turn += 1
            await asyncio.sleep(_pause_of(answer, self._draw))


async def _drops(body: bytes, spread_s: float) -> AsyncIterator[bytes]:
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]
        if spread_s:
            await asyncio.sleep(spread_s * PIECE / len(body))


def _pause_of(answer: Answer, draw: random.Random) -> float:
    asked = 0.0 if answer is None else float(answer.headers.get("Retry-After", "0"))
    return min(max(asked, draw.uniform(0.1, 0.6)), MOST_PAUSE_S)


def snapshot(job: dict[str, Any]) -> dict[str, Any]:
    """What may not change once a job has ended, and in ``digest`` all of its result."""
    result, error = job["result"] or {}, job["error"] or {}
    whole = json.dumps([result, error, job["finished_at"], job["attempt"]], sort_keys=True)
    return {
        "id": job["id"],
        "status": job["status"],
        "finished_at": job["finished_at"],
        "attempt": job["attempt"],
        "digest": hashlib.sha256(whole.encode()).hexdigest(),
        "answer": answer_of(job),
    }


def answer_of(job: dict[str, Any]) -> dict[str, Any]:
    """What must be the same for the same file, however often and wherever it is judged."""
    result, error = job["result"] or {}, job["error"] or {}
    names = ("verdict", "reasons", "fake_probability", "logit")
    return {
        "status": job["status"],
        "error": error.get("code"),
        **{name: result.get(name) for name in names},
    }
