"""Reads an ONNX file as a model of OpenVINO with one picture in and one answer out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from core.errors import BundleInvalid
from core.model.bundle import sha256_of
from core.openvino_core import ov
from training.export.onnx.external import external_files

_LARGEST = 2**31 - 1  # bytes; a message of protobuf ends there
_UNKNOWN = re.compile(r"No conversion rule found for operations: (.*)")
_NODE = re.compile(r"with friendly_name '([^']*)'")


def read_onnx(file: Path, output_name: str | None = None) -> Any:
    """The ``ov.Model`` of ``file`` with one input and one output, shapes as in the file.

    Raises :class:`BundleInvalid` when the file cannot be read, when OpenVINO lacks one of its
    operators, or when it has other inputs or several outputs and ``output_name`` is no choice.
    """
    model = _convert(file)
    if len(model.inputs) != 1:
        raise BundleInvalid(
            f"{file} has {len(model.inputs)} inputs ({_names(model.inputs)}); a model with one, "
            "the picture, is needed."
        )
    answer = _choose(file, model.outputs, output_name)
    return ov.Model([answer], model.get_parameters(), "imported")


def hashes(file: Path) -> dict[str, str]:
    """SHA-256 of ``file`` and of the files beside it that hold its weights, by name."""
    parts = [file, *external_files(file)]
    return {part.relative_to(file.parent).as_posix(): sha256_of(part) for part in parts}


def cause_of(error: Exception) -> str:
    """What OpenVINO says in the end; before it come the lines of its sources that noticed."""
    text = str(error)
    if unknown := _UNKNOWN.search(text):
        return f"OpenVINO {_version()} has no rule for its operators {unknown[1].strip()}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if invalid := _NODE.search(text):
        return f"at {invalid[1]}, {lines[-1].rstrip('.')}"
    told = [line for line in lines if not line.startswith(("Exception from", "Check '"))]
    return " ".join(told or lines).rstrip(".")


def _convert(file: Path) -> Any:
    size = file.stat().st_size
    if size == 0:
        raise BundleInvalid(f"{file} is empty (0 bytes); copy it again.")
    if size > _LARGEST:
        raise BundleInvalid(
            f"{file} has {size} bytes; an ONNX file ends at {_LARGEST}. Save it with its weights "
            "in a file beside it: onnx.save(model, path, save_as_external_data=True)."
        )
    external_files(file)
    # The front end by name: read_model would try the other formats where ONNX fails.
    front_end = ov.frontend.FrontEndManager().load_by_framework("onnx")
    try:
        return front_end.convert(front_end.load(file))
    except Exception as error:  # OpenVINO's errors have no class of their own above Exception
        raise BundleInvalid(f"{file} cannot be imported: {_advised(error)}.") from error


def _advised(error: Exception) -> str:
    if "can't be parsed" in str(error):
        return "it is no ONNX file, is damaged, or was cut off; copy it again"
    if "externally stored data" in str(error):
        return f"a file of its weights is shorter than it says; copy it again. {cause_of(error)}"
    return cause_of(error)


def _choose(file: Path, outputs: list[Any], wanted: str | None) -> Any:
    if wanted is None and len(outputs) == 1:
        return outputs[0]
    if wanted is None:
        raise BundleInvalid(
            f"{file} has {len(outputs)} outputs; state the one that tells fake from real with "
            f"--output-name: {_names(outputs)}."
        )
    for output in outputs:
        if wanted in output.get_names():
            return output
    raise BundleInvalid(f"{file} has no output --output-name {wanted}; it has {_names(outputs)}.")


def _names(ports: list[Any]) -> str:
    return ", ".join(min(port.get_names(), default="without a name") for port in ports) or "none"


def _version() -> str:
    return str(ov.__version__).partition("-")[0]
