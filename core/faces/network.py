"""The network that finds faces: read with its digest checked, compiled for every canvas."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.openvino_core import openvino_core, ov

Canvas = tuple[int, int]
"""Height and width of the network's input, multiples of 32."""


class FaceNetwork:
    """CenterFace in OpenVINO. Safe to call from several threads at once.

    A network of a fixed size is a seventh faster than one that takes any size, and compiling
    one costs about 0.1 s. So each canvas gets its own when it is first needed: of a film
    that is one or two.

    Parameters
    ----------
    path
        The ONNX file.
    sha256
        Its expected digest, in hexadecimal; a file that differs raises ``ModelError``.
    threads
        CPU threads for one call; None leaves the choice to OpenVINO.
    """

    def __init__(self, path: Path, *, sha256: str, threads: int | None = None) -> None:
        # The first arrays that OpenVINO gets in a process must not come from two threads at
        # once: its binding sets itself up then, and both may wait for each other for ever.
        ov.Tensor(np.zeros(1, np.uint8))
        self._core = openvino_core()
        self._model = self._core.read_model(_read(path, sha256), b"")
        # In float32 also where the processor has bfloat16.
        self._options: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        if threads is not None:
            self._options["INFERENCE_NUM_THREADS"] = threads
        self._compiled: dict[Canvas, Any] = {}
        self._compiling = Lock()

    def __call__(self, batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """Run the network on one canvas.

        Parameters
        ----------
        batch
            (1, height, width, 3) uint8 RGB, in [0, 255].

        Returns
        -------
        tuple
            Heat, size, offset and landmarks as :func:`core.faces.centerface.decode` takes them.
        """
        outputs = self._for(batch.shape[1:3]).create_infer_request().infer([batch])
        return tuple(outputs[index][0] for index in range(4))

    def _for(self, canvas: Canvas) -> Any:
        with self._compiling:
            if canvas not in self._compiled:
                self._compiled[canvas] = self._compile(canvas)
            return self._compiled[canvas]

    def _compile(self, canvas: Canvas) -> Any:
        model = self._model.clone()
        model.reshape([1, 3, *canvas])
        steps = ov.preprocess.PrePostProcessor(model)
        steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input().model().set_layout(ov.Layout("NCHW"))
        return self._core.compile_model(steps.build(), "CPU", self._options)


def _read(path: Path, sha256: str) -> bytes:
    try:
        model = path.read_bytes()
    except OSError as error:
        raise ModelError(f"The face model {path.name} cannot be read: {error}.") from error
    digest = hashlib.sha256(model).hexdigest()
    if digest != sha256:
        raise ModelError(f"The face model {path.name} has sha256 {digest}; expected {sha256}.")
    return model
