"""The imported file run as it is, on pictures that NumPy prepared: what its bundle must answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.openvino_core import openvino_core
from training.export.onnx.file import cause_of
from training.export.onnx.picture import Picture
from training.export.onnx.request import Normalization, OnnxRequest


class Reference:
    """A model in the file's own layout and batch, one picture after another."""

    def __init__(self, model: Any, picture: Picture) -> None:
        self._batch = picture.batch or 1
        copy = model.clone()
        try:
            copy.reshape(picture.shape(self._batch))
            options = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 where the CPU has it
            self._compiled = openvino_core().compile_model(copy, "CPU", options)
        except RuntimeError as error:
            raise BundleInvalid(
                f"OpenVINO cannot run the model on pictures of {picture.size} x {picture.size} "
                f"pixels: {cause_of(error)}."
            ) from error

    def answers(self, prepared: NDArray[Any]) -> NDArray[np.float32]:
        """(n, ...) pictures as the file takes them → (n, outputs) float32."""
        answers = [self._answer(picture) for picture in prepared]
        return np.stack(answers)

    def _answer(self, picture: NDArray[Any]) -> NDArray[np.float32]:
        try:
            answer = self._compiled([np.stack([picture] * self._batch)])[0]
        except RuntimeError as error:
            raise BundleInvalid(f"OpenVINO cannot run the model: {cause_of(error)}.") from error
        if answer.size % self._batch:
            raise BundleInvalid(
                f"The model answers {self._batch} pictures with an array of shape "
                f"{answer.shape}; one or two numbers for each are needed."
            )
        return np.asarray(answer.reshape(self._batch, -1)[0], np.float32)


def prepare(
    tensor: NDArray[np.float32], picture: Picture, request: OnnxRequest
) -> NDArray[np.float32]:
    """(n, size, size, 3) RGB as the bundle takes it → what the file takes, float32."""
    if isinstance(request.scaling, Normalization):
        mean, std = (
            np.array(each, np.float32) for each in (request.scaling.mean, request.scaling.std)
        )
        tensor = (tensor - mean) / std
    if picture.channel_order == "bgr":
        tensor = tensor[..., ::-1]
    if picture.layout == "nchw":
        tensor = tensor.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(tensor)
