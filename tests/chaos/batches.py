"""Batches of files: how they are drawn, sent and followed."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.chaos.insist import Insister
from tests.chaos.samples import NAMES, samples
from tests.chaos.snapshot import note_accepted, note_seen

FIRST: Final = 2_000_000  # the numbers of batches; those of their jobs follow
MOST_FILES: Final = 6
GIVE_UP_S: Final = 300.0
BOUNDARY: Final = "chaos-and-no-file-has-these-words"


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Some files as one; the job of the first has the number after that of the batch, and so on."""

    number: int
    samples: tuple[str, ...]
    queue: str
    ending: str  # read, cancel or delete

    @property
    def jobs(self) -> dict[int, str]:
        """The sample of each job by its number."""
        return dict(enumerate(self.samples, self.number + 1))


def batches_of(seed: int, number: int) -> list[BatchPlan]:
    """The batches of a run."""
    draw = random.Random(f"batches {seed}")
    return [
        BatchPlan(
            number=FIRST + index * (MOST_FILES + 1),
            samples=tuple(draw.choices(NAMES, (5, 3, 1, 1), k=draw.randint(1, MOST_FILES))),
            queue=draw.choice(("interactive", "batch")),
            ending=draw.choices(("read", "cancel", "delete"), (8, 1, 1))[0],
        )
        for index in range(number)
    ]


class BatchClient:
    """Sends batches by one Idempotency-Key each, and follows them to their end."""

    def __init__(self, ask: Insister, *, frames: int) -> None:
        self._ask = ask
        self._frames = frames

    async def run(self, plan: BatchPlan) -> None:
        """Send the files, wait for the end of all, and read what became of each."""
        try:
            async with asyncio.timeout(GIVE_UP_S):
                if (path := await self._submit(plan)) is None:
                    return
                if plan.ending == "cancel":
                    await self._act(plan, "cancel", "POST", f"{path}/cancel")
                await self._follow(plan, path)
                await self._read(plan, path)
                if plan.ending == "delete":
                    await self._act(plan, "delete", "DELETE", path)
        except TimeoutError:
            self._ask.log.note("given up", plan.number)

    async def look(self, plan: BatchPlan, batch_id: str, gateway: int) -> None:
        """Read the batch and its files once more, at the end of everything."""
        path = f"/v1/batches/{batch_id}"
        answer = await self._ask.insist(plan.number, "GET", path, first=gateway)
        if answer.status_code == httpx.codes.OK:
            self._saw(plan.number, answer.json())
            await self._read(plan, path)
        else:
            self._ask.log.note("batch gone", plan.number, status=answer.status_code)

    async def _submit(self, plan: BatchPlan) -> str | None:
        body = _form(plan)
        answer = await self._ask.insist(
            plan.number,
            "POST",
            "/v1/batches",
            body=body,
            params={"queue": plan.queue, "frames": self._frames, "sampling": "exact"},
            headers={
                "Idempotency-Key": f"chaos-{plan.number}",
                "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
                "Content-Length": str(len(body)),
            },
        )
        told = answer.json()
        if answer.status_code not in (httpx.codes.OK, httpx.codes.ACCEPTED):
            self._ask.log.note("refused", plan.number, status=answer.status_code, told=told)
            return None
        self._ask.log.note("batch accepted", plan.number, id=told["id"])
        return f"/v1/batches/{told['id']}"

    async def _follow(self, plan: BatchPlan, path: str) -> None:
        while True:
            answer = await self._ask.insist(plan.number, "GET", path, params={"wait": 5})
            if answer.status_code != httpx.codes.OK:
                self._ask.log.note("batch gone", plan.number, status=answer.status_code)
                return
            if self._saw(plan.number, answer.json()):
                return

    async def _read(self, plan: BatchPlan, path: str) -> None:
        """Note each job as its own client would; a stream that is cut is read again."""
        log, lines = self._ask.log, list[dict[str, Any]]()
        while len(lines) < len(plan.samples):
            try:
                answer = await self._ask.insist(plan.number, "GET", f"{path}/results")
                lines = [json.loads(line) for line in answer.text.splitlines()]
            except json.JSONDecodeError:
                lines = []
            await asyncio.sleep(0.1)
        for line in lines:
            number = plan.number + 1 + line["number"]
            if line["job"] is None:
                log.note("refused", number, told=line["error"])
                continue
            body = samples()[plan.samples[line["number"]]].variant(number)
            note_accepted(log, number, line["job"], body)
            note_seen(log, number, line["job"])

    async def _act(self, plan: BatchPlan, what: str, method: str, path: str) -> None:
        answer = await self._ask.insist(plan.number, method, path)
        for number in (plan.number, *plan.jobs):
            self._ask.log.note(what, number, status=answer.status_code)

    def _saw(self, number: int, batch: dict[str, Any]) -> bool:
        told = {name: batch[name] for name in ("status", "counts", "verdicts", "finished_at")}
        self._ask.log.note("batch seen", number, **told)
        return bool(batch["status"] != "running")


def _form(plan: BatchPlan) -> bytes:
    parts = []
    for number, sample in plan.jobs.items():
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{number}"'
        parts += [head.encode(), b"\r\n\r\n", samples()[sample].variant(number), b"\r\n"]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
