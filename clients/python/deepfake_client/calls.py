"""Every call of the API as a flow: the logic that both clients share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deepfake_client.batch import Batch, BatchItem
from deepfake_client.effects import Flow, heard
from deepfake_client.following import follow
from deepfake_client.job import Job, ListedJob
from deepfake_client.options import JobOptions, SubmitOptions
from deepfake_client.reading import lines, look, pages, wait
from deepfake_client.sending import Sender, document
from deepfake_client.submission import send_upload, submit, submit_batch
from deepfake_client.upload import Media


class Calls:
    """What :class:`Client` and :class:`AsyncClient` offer, apart from how it is carried out."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def submit(self, media: Media, options: SubmitOptions) -> Flow[Job]:
        return submit(self._sender, media, options)

    def detect(
        self,
        media: Media,
        timeout_s: float | None,
        on_change: Callable[[Job], object] | None,
        options: SubmitOptions,
    ) -> Flow[Job]:
        job = yield from self.submit(media, options)
        if job.done:
            return job
        if on_change is not None and timeout_s is None:
            return (yield from heard(self.events(job.id), on_change))
        return (yield from self.wait(job.id, timeout_s))

    def upload(self, media: Media, on_progress: Callable[[int], None] | None) -> Flow[str]:
        return send_upload(self._sender, media, {"on_progress": on_progress})

    def get(self, job_id: str, wait_s: float) -> Flow[Job]:
        return look(self._sender, f"/v1/jobs/{job_id}", Job.from_json, wait_s=wait_s)

    def wait(self, job_id: str, timeout_s: float | None) -> Flow[Job]:
        return wait(self._sender, f"/v1/jobs/{job_id}", Job.from_json, timeout_s)

    def events(self, job_id: str) -> Flow[Job]:
        return follow(self._sender, job_id)

    def list(self, params: Mapping[str, Any]) -> Flow[None]:
        return pages(self._sender, "/v1/jobs", "jobs", ListedJob.from_json, params)

    def cancel(self, job_id: str) -> Flow[Job]:
        response = yield from self._sender.send("POST", f"/v1/jobs/{job_id}/cancel")
        return Job.from_json(document(response))

    def delete(self, path: str) -> Flow[None]:
        yield from self._sender.send("DELETE", path)

    def batch(self, files: Sequence[Media], options: JobOptions) -> Flow[Batch]:
        return submit_batch(self._sender, files, options)

    def get_batch(self, batch_id: str, wait_s: float) -> Flow[Batch]:
        return look(self._sender, f"/v1/batches/{batch_id}", Batch.from_json, wait_s=wait_s)

    def wait_batch(self, batch_id: str, timeout_s: float | None) -> Flow[Batch]:
        return wait(self._sender, f"/v1/batches/{batch_id}", Batch.from_json, timeout_s)

    def batch_results(self, batch_id: str) -> Flow[None]:
        path = f"/v1/batches/{batch_id}/results"
        return lines(self._sender, path, BatchItem.from_json, {})

    def cancel_batch(self, batch_id: str) -> Flow[Batch]:
        response = yield from self._sender.send("POST", f"/v1/batches/{batch_id}/cancel")
        return Batch.from_json(document(response))

    def give_feedback(self, job_id: str, said: Mapping[str, Any]) -> Flow[None]:
        yield from self._sender.send("POST", f"/v1/jobs/{job_id}/feedback", json=said)

    def feedback_entries(self, *, media: bool) -> Flow[None]:
        params = {"media": "true"} if media else {}
        return lines(self._sender, "/v1/feedback", dict, params)

    def call(self, method: str, path: str, body: Any) -> Flow[Any]:
        """Any other call; its decoded answer."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        response = yield from self._sender.send(method, path, **options)
        return document(response)
