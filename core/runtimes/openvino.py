"""OpenVINO: the fast way to run a bundle on a CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from core.bundle import LOGIT_OUTPUT, MAP_OUTPUT, RuntimeName
from core.errors import BundleInvalid, ExplanationUnavailable


class OpenVinoRuntime:
    """A compiled model on the CPU plugin, tuned for latency."""

    def __init__(self, file: Path, name: RuntimeName, *, threads: int | None = None) -> None:
        self.name = name
        # f32: CPUs with AMX would else compute in bfloat16, and scores differ by machine.
        options: dict[str, str | int] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = threads
        try:
            model = ov.compile_model(ov.Core().read_model(file), "CPU", options)
            self._answer = model.output(LOGIT_OUTPUT) if len(model.outputs) > 1 else model.output(0)
            self._map = model.output(MAP_OUTPUT) if len(model.outputs) > 1 else None
        except RuntimeError as error:
            raise BundleInvalid(f"{file} is not a model that OpenVINO can read: {error}") from error
        self._request = model.create_infer_request()

    def predict(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n,), the network's raw output."""
        output = self._request.infer([tensor], share_inputs=True)[self._answer]
        return np.array(output, np.float32).reshape(len(tensor), -1)[:, 0]

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, size, size, 3) → (n, h, w) logits, the exact class-activation map.

        Raises :class:`ExplanationUnavailable` when the file has no such output.
        """
        if self._map is None:
            raise ExplanationUnavailable(
                f"{self.name} cannot explain this bundle: its file has no output {MAP_OUTPUT!r}. "
                "Use the runtime tensorflow where model.json says grad-cam, or export it again."
            )
        return np.array(self._request.infer([tensor], share_inputs=True)[self._map], np.float32)
