"""OpenVINO: the fast way to run a bundle on a CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.cores import quota_cores
from core.errors import BundleInvalid, ExplanationUnavailable
from core.model.bundle import LOGIT_OUTPUT, MAP_OUTPUT, NOVELTY_OUTPUT, RuntimeName
from core.model.detector import Answers
from core.openvino_core import openvino_core

_HALF = 5  # crops: a job has ten


class OpenVinoRuntime:
    """A model on the CPU plugin: ten crops in two halves, other numbers together.

    OpenVINO leaves in place what it turns round in memory where a batch is open, and two halves
    wait for each other less often than all cores do in every layer: so ten crops, what a job has,
    take less time. With ``novelty`` the file's output of that name is read too.
    """

    def __init__(
        self, file: Path, name: RuntimeName, *, threads: int | None = None, novelty: bool = False
    ) -> None:
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
        self._answer, self._map = _outputs(together, file)
        self._novelty = _output(together, NOVELTY_OUTPUT, file) if novelty else None
        self._together = together.create_infer_request()
        self._halves = [halves.create_infer_request() for _ in range(2)]

    def predict(self, tensor: NDArray[np.float32], *, maps: bool = False) -> Answers:
        """The answers to (n, size, size, 3) float32; n ≥ 1. Maps come out of the same run."""
        wanted = {"raw": self._answer, "novelty": self._novelty}
        if maps:
            wanted["heat"] = self._map
        places = {name: place for name, place in wanted.items() if place is not None}
        found = dict(zip(places, self._run(tensor, *places.values()), strict=True))
        novelty = _column(found["novelty"]) if "novelty" in found else None
        return Answers(_column(found["raw"]), novelty, found.get("heat"))

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n, h, w) logits, the exact class-activation map.

        Raises :class:`ExplanationUnavailable` when the file has no such output.
        """
        if self._map is None:
            raise ExplanationUnavailable(
                f"{self.name} cannot explain this bundle: its file has no output {MAP_OUTPUT!r}. "
                "Use the runtime tensorflow where model.json says grad-cam, or export it again."
            )
        (heat,) = self._run(tensor, self._map)
        return heat

    def _run(self, tensor: NDArray[np.float32], *outputs: int) -> list[NDArray[np.float32]]:
        """Each of the outputs at these places, (n, ...)."""
        answers: list[list[NDArray[np.float32]]] = [[] for _ in outputs]
        for start in range(0, len(tensor), 2 * _HALF):
            job = tensor[start : start + 2 * _HALF]
            requests = self._halves if len(job) == 2 * _HALF else [self._together]
            for request, crops in zip(requests, np.split(job, len(requests)), strict=True):
                request.start_async([crops], share_inputs=True)
            for request in requests:
                request.wait()
                for output, parts in zip(outputs, answers, strict=True):
                    parts.append(np.array(request.get_output_tensor(output).data, np.float32))
        return [np.concatenate(parts) for parts in answers]


def _column(answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, ...) → (n,), the first number of each."""
    return answer.reshape(len(answer), -1)[:, 0]


def _outputs(model: Any, file: Path) -> tuple[int, int | None]:
    """The places of the answer and of the map; an only output is the answer, whatever its name."""
    if len(model.outputs) == 1:
        return 0, None
    has_map = any(MAP_OUTPUT in output.get_names() for output in model.outputs)
    return _output(model, LOGIT_OUTPUT, file), _output(model, MAP_OUTPUT, file) if has_map else None


def _output(model: Any, name: str, file: Path) -> int:
    for place, output in enumerate(model.outputs):
        if name in output.get_names():
            return place
    raise BundleInvalid(
        f"{file} has no output {name!r} among its {len(model.outputs)}. Export the model again."
    )


def _compile(model: Any, threads: int | None, **options: str | int) -> Any:
    # f32: CPUs with AMX would else compute in bfloat16, and scores differ by machine.
    options["INFERENCE_PRECISION_HINT"] = "f32"
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    return openvino_core().compile_model(model, "CPU", options)
