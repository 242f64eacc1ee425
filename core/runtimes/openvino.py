"""OpenVINO: the fast way to run a bundle on a CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from core.bundle import LOGIT_OUTPUT, MAP_OUTPUT, RuntimeName
from core.errors import BundleInvalid, ExplanationUnavailable

_AT_ONCE = 10  # crops at most: a job's. OpenVINO takes fewer where there are fewer cores


class OpenVinoRuntime:
    """A compiled model on the CPU plugin: every core has a crop of its own.

    The network is compiled for one crop. Where the batch is open OpenVINO turns whole layers
    round in memory that it leaves as they are where the shape is known, and a core that works on
    a crop alone waits for no other: ten crops take a fifth less time. One crop has one core.
    """

    def __init__(self, file: Path, name: RuntimeName, *, threads: int | None = None) -> None:
        self.name = name
        # f32: CPUs with AMX would else compute in bfloat16, and scores differ by machine.
        options: dict[str, str | int] = {
            "NUM_STREAMS": _AT_ONCE,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = threads
        try:
            model = ov.Core().read_model(file)
            model.reshape([1, *list(model.input().partial_shape)[1:]])
            compiled = ov.compile_model(model, "CPU", options)
            several = len(compiled.outputs) > 1
            self._answer = compiled.output(LOGIT_OUTPUT if several else 0)
            self._map = compiled.output(MAP_OUTPUT) if several else None
        except RuntimeError as error:
            raise BundleInvalid(f"{file} is not a model that OpenVINO can read: {error}") from error
        self._queue = ov.AsyncInferQueue(compiled)
        self._queue.set_callback(_keep)

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

    def _run(self, tensor: NDArray[np.float32], output: Any) -> NDArray[np.float32]:
        answers: dict[int, NDArray[np.float32]] = {}
        for index in range(len(tensor)):
            crop = tensor[index : index + 1]
            self._queue.start_async([crop], (answers, index, output), share_inputs=True)
        self._queue.wait_all()
        return np.concatenate([answers[index] for index in range(len(tensor))])


def _keep(request: Any, asked: tuple[dict[int, NDArray[np.float32]], int, Any]) -> None:
    answers, index, output = asked
    answers[index] = np.array(request.get_tensor(output).data, np.float32)
