"""INT8 of a network from elsewhere, by a folder of pictures, with a bound on what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from core.errors import BundleInvalid, ConfigurationError
from core.model.bundle import InputSpec, RuntimeName, write_manifest
from core.model.runtimes import load_detector
from training.evaluate.scoring import scores_of_crops
from training.export import openvino as export
from training.export.crops import tensor_of
from training.export.int8_difference import LIMIT, Int8Difference
from training.export.int8_pictures import Int8Pictures, choose_pictures

FLOAT_CONVOLUTIONS = 1  # the first, which sees pixels
_PRODUCTS = ("MatMul", "Convolution", "GroupConvolution", "Einsum")
_LAYOUTS = ("Reshape", "Transpose", "Convert", "Squeeze", "Unsqueeze")


@dataclass(frozen=True, slots=True)
class ForeignInt8:
    """Writes INT8 into a bundle that holds FP32 of OpenVINO."""

    pictures: Int8Pictures
    limit: float = LIMIT  # of Difference.share
    cache_dir: Path | None = None

    @classmethod
    def by(cls, path: Path, limit: float = LIMIT, cache_dir: Path | None = None) -> Self:
        """With the pictures of a folder.

        Raises :class:`ConfigurationError` where they are too few, or NNCF is missing.
        """
        if find_spec("nncf") is None:  # told before minutes of work
            raise ConfigurationError(
                "--int8 needs the package 'nncf', which is not installed. "
                "Run: pip install 'deepfake-detection[training]'"
            )
        return cls(choose_pictures(path), limit, cache_dir)

    def write(
        self,
        model: Any,
        folder: Path,
        fields: dict[str, Any],
        artifacts: dict[RuntimeName, list[str]],
    ) -> Int8Difference:
        """Add INT8 of ``model``, the ``ov.Model`` of FP32, to ``artifacts`` and to ``metrics``.

        Raises :class:`BundleInvalid` where nothing can be computed in INT8, and where it differs
        from FP32 by more than ``limit``.
        """
        shown = InputSpec.model_validate(fields["input"])
        crops = self.pictures.crops(shown, self.cache_dir)
        ranges = list(tensor_of(crops.ranges, {"input": shown}))
        int8 = export.save_openvino(in_int8(model, ranges), folder, RuntimeName.OPENVINO_INT8.value)
        artifacts[RuntimeName.OPENVINO_INT8] = int8
        bundle = write_manifest(folder, fields, artifacts)
        fp32, rounded = (
            scores_of_crops(load_detector(bundle, runtime=name), crops.judged).logit
            for name in (RuntimeName.OPENVINO_FP32, RuntimeName.OPENVINO_INT8)
        )
        found = Int8Difference.between(fp32, rounded, crops.fake)
        found.check(self.limit)
        fields["metrics"] = {"int8": {**found.to_json(), "range_pictures": len(crops.ranges)}}
        return found


def in_int8(model: Any, tensors: Any) -> Any:
    """The ``ov.Model`` in INT8, but for its first convolution and its last product.

    Raises :class:`BundleInvalid` where nothing else of it multiplies with weights.
    """
    quantized = export.quantize(
        model, tensors, float_convolutions=FLOAT_CONVOLUTIONS,
        float_nodes=last_product(model), transformer=has_attention(model),
    )  # fmt: skip
    if not any(map(_is_bytes, quantized.get_ops())):
        raise BundleInvalid(
            "The model has no convolution and no product that INT8 would make faster; import it "
            "without --int8."
        )
    return quantized


def _is_bytes(node: Any) -> bool:
    """Whether a node holds weights in INT8."""
    stored = str(node.get_type_name()) == "Constant"
    return stored and str(node.get_element_type().to_string()) == "i8"


def last_product(model: Any) -> list[str]:
    """The name of the product that makes the answer of the last features; empty without one."""
    products = [node for node in model.get_ordered_ops() if node.get_type_name() in _PRODUCTS]
    return [products[-1].get_friendly_name()] if products else []


def has_attention(model: Any) -> bool:
    """Whether a softmax weighs tokens, so that NNCF has to know a transformer."""
    kinds = [(node, node.get_type_name()) for node in model.get_ordered_ops()]
    return any(
        kind == "ScaledDotProductAttention" or (kind == "Softmax" and _weighs(node))
        for node, kind in kinds
    )


def _weighs(node: Any) -> bool:
    """Whether what comes out is multiplied with another activation, perhaps in another layout."""
    users = [each.get_node() for each in node.output(0).get_target_inputs()]
    return any(
        _activations(user) == 2 if user.get_type_name() in _PRODUCTS else _weighs(user)
        for user in users
        if user.get_type_name() in {*_PRODUCTS, *_LAYOUTS}
    )


def _activations(product: Any) -> int:
    """How many inputs of a product are no weights."""
    return sum(_source(port).get_type_name() != "Constant" for port in product.inputs())


def _source(port: Any) -> Any:
    """What an input comes from, behind conversions of its type."""
    node = port.get_source_output().get_node()
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return node
