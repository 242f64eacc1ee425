"""The graph that a bundle holds: from the project's tensor to one number a picture."""

from __future__ import annotations

from typing import Any

from core.errors import BundleInvalid
from core.openvino_core import ov
from training.export.onnx.answer import Answer, one_output
from training.export.onnx.file import cause_of
from training.export.onnx.picture import Picture
from training.export.onnx.request import Normalization, OnnxRequest


def served_graph(
    model: Any, answer: Answer, units: int, picture: Picture, request: OnnxRequest
) -> Any:
    """An ``ov.Model``: (n, size, size, 3) float32 RGB → (n, 1) float32, n open.

    Normalization, the order of the channels, the layout and the type of the file's input
    become part of the graph. ``model`` holds ``answer`` and is changed. Raises
    :class:`BundleInvalid` where the number of pictures cannot be left open.
    """
    single = ov.Model([one_output(answer, units)], model.get_parameters(), request.name)
    try:
        single.clone().reshape(picture.shape(2))  # with -1 alone some errors come at run time
        single.reshape(picture.shape(-1))
        return _with_preprocessing(single, picture, request)
    except RuntimeError as error:
        raise BundleInvalid(no_batches(picture, cause_of(error))) from error


def no_batches(picture: Picture, cause: str) -> str:
    """What to tell about a model that fails with several pictures at once."""
    built_in = (
        "its number of pictures is open"
        if picture.batch is None
        else f"it was exported for {picture.batch} at once"
    )
    return (
        f"The model does not take any number of pictures ({built_in}): {cause}. Export "
        "it with an open batch, such as torch.onnx.export(..., dynamic_axes={'input': {0: 'n'}})."
    )


def input_arithmetic(model: Any) -> list[str]:
    """OpenVINO's names of arithmetic on the picture itself: signs of a model that scales it."""
    names: list[str] = []
    ports = [model.input(0)]
    while ports:
        for following in ports.pop().get_target_inputs():
            node = following.get_node()
            kind = str(node.get_type_name())
            if kind in {"Convert", "Transpose"}:
                ports.append(node.output(0))
            elif kind in {"Add", "Subtract", "Multiply", "Divide"}:
                names.append(kind)
    return names


def _with_preprocessing(model: Any, picture: Picture, request: OnnxRequest) -> Any:
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.f32).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout(picture.layout.upper()))
    if isinstance(request.scaling, Normalization):
        steps.input().preprocess().mean(list(request.scaling.mean))
        steps.input().preprocess().scale(list(request.scaling.std))
    if picture.channel_order == "bgr":
        steps.input().preprocess().reverse_channels()
    return steps.build()
