"""A client as it should be: it sends again until it is answered, and follows its job to the end."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import httpx

from tests.chaos.insist import Insister
from tests.chaos.pieces import submit_in_pieces
from tests.chaos.plan import JobPlan
from tests.chaos.samples import samples
from tests.chaos.snapshot import note_accepted, note_seen

SLOW_S: Final = 1.5  # that a slow body takes
GIVE_UP_S: Final = 240.0  # a job that has not ended by then is lost


class ChaosClient:
    """Runs one job after another, of a plan; several may be under way at one time."""

    def __init__(self, ask: Insister, *, frames: int = 3) -> None:
        self._ask = ask
        self._frames = frames

    async def run(self, plan: JobPlan) -> None:
        """Send the file, follow the job to its end, and do what the plan wants done then."""
        try:
            async with asyncio.timeout(GIVE_UP_S):
                job_id = await self._submit(plan)
                if plan.ending == "cancel":
                    await self._act(plan, "cancel", "POST", f"/v1/jobs/{job_id}/cancel")
                await self._follow(plan, job_id)
                if plan.again and not plan.in_pieces:  # of pieces nothing is left to send again
                    await self._submit(plan)
                if plan.ending == "delete":
                    await self._act(plan, "delete", "DELETE", f"/v1/jobs/{job_id}")
        except TimeoutError:
            self._ask.log.note("given up", plan.number)

    async def look(self, number: int, job_id: str, gateway: int) -> None:
        """Read a job once more, at the end of everything."""
        answer = await self._ask.insist(number, "GET", f"/v1/jobs/{job_id}", first=gateway)
        if answer.status_code == httpx.codes.OK:
            note_seen(self._ask.log, number, answer.json())
        else:
            self._ask.log.note("gone", number, status=answer.status_code)

    async def _submit(self, plan: JobPlan) -> str:
        body, log = samples()[plan.sample].variant(plan.number), self._ask.log
        answer = await self._send(plan, body)
        told = answer.json()
        if answer.status_code not in (httpx.codes.OK, httpx.codes.ACCEPTED):
            log.note("refused", plan.number, status=answer.status_code, told=told)
            raise TimeoutError
        note_accepted(log, plan.number, told, body)
        return str(told["id"])

    async def _send(self, plan: JobPlan, body: bytes) -> httpx.Response:
        key = f"chaos-{plan.number}"
        options = {
            "queue": plan.queue,
            "evidence": plan.evidence,
            "frames": self._frames,
            "sampling": "exact",
        }
        if plan.in_pieces:
            return await submit_in_pieces(self._ask, plan.number, body, options, key)
        return await self._ask.insist(
            plan.number,
            "POST",
            "/v1/jobs",
            first=plan.gateway,
            params={**options, "evidence": str(plan.evidence).lower()},
            headers={"Idempotency-Key": key, "Content-Length": str(len(body))},
            body=body,
            spread_s=SLOW_S if plan.slow else 0.0,
        )

    async def _follow(self, plan: JobPlan, job_id: str) -> None:
        path, ended = f"/v1/jobs/{job_id}", False
        while not ended:
            if plan.follow == "events":
                ended = await self._listen(plan, path)
                continue
            wait = {"wait": 5} if plan.follow == "wait" else {}
            answer = await self._ask.insist(plan.number, "GET", path, params=wait)
            if answer.status_code != httpx.codes.OK:
                self._ask.log.note("gone", plan.number, status=answer.status_code)
                return
            ended = note_seen(self._ask.log, plan.number, answer.json())
            if not ended and not wait:
                await asyncio.sleep(0.5)

    async def _listen(self, plan: JobPlan, path: str) -> bool:
        """Read the stream of events, slowly; True at the end of the job."""
        ask = self._ask
        url, headers = ask.draw.choice(ask.urls), ask.headers_of("GET")
        try:
            async with ask.http.stream("GET", f"{url}{path}/events", headers=headers) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        job = json.loads(line.removeprefix("data: "))
                        if "status" in job and note_seen(ask.log, plan.number, job):
                            return True
                        await asyncio.sleep(0.1)
        except httpx.HTTPError:
            await asyncio.sleep(ask.draw.uniform(0.1, 0.5))
        else:
            await asyncio.sleep(0.2)  # 503, or a gateway that stops
        return False

    async def _act(self, plan: JobPlan, what: str, method: str, path: str) -> None:
        answer = await self._ask.insist(plan.number, method, path)
        self._ask.log.note(what, plan.number, status=answer.status_code)
