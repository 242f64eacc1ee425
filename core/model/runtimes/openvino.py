"""OpenVINO: the fast way to run a bundle on a CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cores import quota_cores
from core.errors import BundleInvalid, ExplanationUnavailable
from core.model.bundle import LOGIT_OUTPUT, MAP_OUTPUT, RuntimeName
from core.openvino_core import openvino_core

_HALF = 5  # crops: a job has ten


class OpenVinoRuntime:
    """A model on the CPU plugin: ten crops in two halves, other numbers together.

    OpenVINO leaves in place what it turns round in memory where a batch is open, and two halves
    wait for each other less often than all cores do in every layer: so ten crops, what a job has,
    take less time.
    """

    def __init__(self, file: Path, name: RuntimeName, *, threads: int | None = None) -> None:
        self.name = name
        threads = threads or quota_cores()
        try:
            model = openvino_core().read_model(file)
            half = model.clone()
            half.reshape([_HALF, *list(model.input().partial_shape)[1:]])
            together = _compile(model, threads, PERFORMANCE_HINT="LATENCY")
            halves = _compile(half, threads, NUM_STREAMS=2)
        except RuntimeError as error:
            raise BundleInvalid(f"{file} is not a model that OpenVINO can read: {error}") from error
        self._answer, self._map = _outputs(together)
        self._together = together.create_infer_request()
        self._halves = [halves.create_infer_request() for _ in range(2)]

    def predict(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n,), the network's raw output."""
        return self._run(tensor, self._answer).reshape(len(tensor), -1)[:, 0]

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n, h, w) logits, the exact class-activation map.

        Raises :class:`ExplanationUnavailable` when the file has no such output.
        """
        if self._map is None:
            raise ExplanationUnavailable(
                f"{self.name} cannot explain this bundle: its file has no output {MAP_OUTPUT!r}. "
                "Use the runtime tensorflow where model.json says grad-cam, or export it again."
            )
        return self._run(tensor, self._map)

    def _run(self, tensor: NDArray[np.float32], output: int) -> NDArray[np.float32]:
        answers: list[NDArray[np.float32]] = []
        for start in range(0, len(tensor), 2 * _HALF):
            job = tensor[start : start + 2 * _HALF]
            requests = self._halves if len(job) == 2 * _HALF else [self._together]
            for request, crops in zip(requests, np.split(job, len(requests)), strict=True):
                request.start_async([crops], share_inputs=True)
            for request in requests:
                request.wait()
                answers.append(np.array(request.get_output_tensor(output).data, np.float32))
        return np.concatenate(answers)


def _outputs(model: Any) -> tuple[int, int | None]:
    """The places of the logit and of the map; a file without a map has one output."""
    if len(model.outputs) == 1:
        return 0, None
    names = [output.get_any_name() for output in model.outputs]
    return names.index(LOGIT_OUTPUT), names.index(MAP_OUTPUT)


def _compile(model: Any, threads: int | None, **options: str | int) -> Any:
    # f32: CPUs with AMX would else compute in bfloat16, and scores differ by machine.
    options["INFERENCE_PRECISION_HINT"] = "f32"
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    return openvino_core().compile_model(model, "CPU", options)
