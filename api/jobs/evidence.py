"""The calls about what a job was judged by."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from api.documents import problems
from api.gateway import CurrentGateway, CurrentTenant
from api.jobs.answers import JobId
from api.report.page import policy, render
from api.report.report import Report
from api.schemas import JobView
from api.waiting.snapshot import Snapshot
from core.errors import EvidenceNotFound
from core.options import MAX_FRAMES
from core.store.evidence import frame_name, heatmap_name
from core.store.records import Job

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["evidence"])

FrameNumber = Annotated[
    int, Path(ge=0, lt=MAX_FRAMES, description="The position in `result.frames`, from 0.")
]
FaceNumber = Annotated[
    int, Path(ge=0, lt=100, description="The position in `faces` of that frame, from 0.")
]


class Jpeg(Response):
    media_type = "image/jpeg"


class Png(Response):
    media_type = "image/png"


@router.get(
    "/frames/{n}.jpg",
    summary="A frame that was judged",
    response_class=Jpeg,
    responses=problems(401, 403, 404, 410, 422),
)
async def read_frame(
    gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId, n: FrameNumber
) -> Jpeg:
    """A JPEG of at most 1280 pixels on its longer side; nothing is drawn into it."""
    return Jpeg(await _picture(gateway, tenant, job_id, frame_name(n)))


@router.get(
    "/frames/{n}/faces/{i}/heatmap.png",
    summary="What raised or lowered the score of a face",
    response_class=Png,
    responses=problems(401, 403, 404, 410, 422),
)
async def read_heatmap(
    gateway: CurrentGateway,
    tenant: CurrentTenant,
    job_id: JobId,
    n: FrameNumber,
    i: FaceNumber,
) -> Png:
    """A transparent PNG to be laid over `faces[i].crop` of the frame: red raises P(fake), blue
    lowers it. It says what the network looked at, not what is wrong with the face."""
    return Png(await _picture(gateway, tenant, job_id, heatmap_name(n, i)))


@router.get(
    "/report.html",
    summary="The report, as a page to read, keep or print",
    response_class=HTMLResponse,
    responses=problems(401, 403, 404, 410, 422),
)
async def read_report(
    request: Request, gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId
) -> HTMLResponse:
    """One page with everything in it: no script, and no other file is loaded."""
    job = await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
    pictures = await gateway.store(gateway.evidence.pictures, job)
    # In a thread: ten megabytes of frames take as many milliseconds.
    page = await anyio.to_thread.run_sync(render, _report(request, job), pictures)
    name = f'inline; filename="{job.id}.html"'
    headers = {"Content-Security-Policy": policy(), "Content-Disposition": name}
    return HTMLResponse(page, headers=headers)


@router.get(
    "/report.json",
    summary="The report, as data",
    responses=problems(401, 403, 404, 410, 422),
)
async def read_report_data(
    request: Request, gateway: CurrentGateway, tenant: CurrentTenant, job_id: JobId
) -> Report:
    """What the page shows, without the pictures, whose links are in the job."""
    job = await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
    if job.evidence is None:
        raise EvidenceNotFound(job.id, "report")
    return _report(request, job)


def _report(request: Request, job: Job) -> Report:
    view = JobView.of(Snapshot(job, None), str(request.scope.get("root_path", "")))
    return Report.of(job, view, version=request.app.version)


async def _picture(gateway: CurrentGateway, tenant: str, job_id: str, name: str) -> bytes:
    job = await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
    return await gateway.store(gateway.evidence.picture, job, name)
