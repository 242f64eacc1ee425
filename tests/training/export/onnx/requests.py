"""What a user states about the models of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.model.preprocess import Scaling
from core.model.rules import Thresholds
from training.export.new_bundle import Imported
from training.export.onnx.importing import import_onnx
from training.export.onnx.request import OnnxRequest


def request(file: Path, **stated: Any) -> OnnxRequest:
    """A request that leaves nothing open but what the file says."""
    about: dict[str, Any] = {
        "name": "foreign", "version": "1", "positive_class": "fake", "scaling": Scaling.UNIT,
        "thresholds": Thresholds(fake=0.8, real=0.2), "channel_order": "rgb",
    }  # fmt: skip
    return OnnxRequest(file=file, **{**about, **stated})


def import_it(file: Path, *, replace: bool = False, **stated: Any) -> Imported:
    """The bundle of ``file``, in the folder ``models`` beside it."""
    return import_onnx(request(file, **stated), file.parent / "models", replace=replace)
