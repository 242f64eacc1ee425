"""The options of ``deepfake models import``, and what may be stated together."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from core.model.preprocess import Scaling
    from training.export.foreign_int8 import ForeignInt8
    from training.export.onnx.request import Normalization

_Option = Callable[[Callable[..., Any]], Callable[..., Any]]
ONNX_ONLY = ("mean", "std", "layout", "channel_order", "output_name")
_CLASSES = {"fake", "real"}


def _together(*options: _Option) -> _Option:
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


def _three(*, above_0: bool) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback that reads ``R,G,B`` as three numbers of pixels in [0, 1]."""

    def read(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
        if text is None:
            return None
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError:
            numbers = ()
        in_range = all(0 <= x <= 1 and not (above_0 and x == 0) for x in numbers)
        if len(numbers) != 3 or not in_range:
            raise click.BadParameter(
                f"{text!r} is not three numbers R,G,B {'above 0' if above_0 else 'from 0'} up "
                "to 1. They are of pixels in [0, 1]: divide those of bytes by 255."
            )
        return numbers

    return read


about_the_bundle = _together(
    click.option("--name", help="Lower case; the default is made of the file's name."),
    click.option("--version", default="1", show_default=True, help="Of the model."),
    click.option("--licence", default="not stated", help="Of the weights; for the record."),
    click.option("--source", default="not stated",
                 help="Where the file was published; recorded beside its SHA-256."),
    click.option("--data", default="not stated", help="What it was trained on; for the record."),
)  # fmt: skip

about_the_output = _together(
    click.option("--positive-class", type=click.Choice(["fake", "real"]),
                 help="What a high output means; of two outputs, the second. Class folders count "
                 "by alphabet: fake 0, real 1, so a model trained on them answers P(real)."),
    click.option("--classes", metavar="A,B",
                 help="Of two outputs, instead of --positive-class: what they stand for, in "
                 "their order: real,fake or fake,real."),
    click.option("--output", type=click.Choice(["probability", "logit"]),
                 help="Needed only where the end of the model does not tell. A logit is any "
                 "number; two of them become probabilities by a softmax."),
    click.option("--output-name", metavar="NAME",
                 help="ONNX: needed only where the file has several outputs."),
)  # fmt: skip

about_the_input = _together(
    click.option("--scaling", type=click.Choice(["unit", "signed", "raw"]),
                 help="What the model was trained on: unit is x/255 (Rescaling(1./255)), signed "
                 "is x/127.5-1, raw is 0 to 255 (the model scales inside itself)."),
    click.option("--mean", metavar="R,G,B", callback=_three(above_0=False),
                 help="ONNX, instead of --scaling: subtracted from pixels in [0, 1]; "
                 "torchvision's Normalize."),
    click.option("--std", metavar="R,G,B", callback=_three(above_0=True),
                 help="ONNX, with --mean: what the difference is divided by."),
    click.option("--channel-order", type=click.Choice(["rgb", "bgr"]),
                 help="ONNX: rgb is Pillow's and torchvision's, bgr what cv2.imread gives."),
    click.option("--layout", type=click.Choice(["nchw", "nhwc"]),
                 help="ONNX: needed only where the shape does not tell. nchw is PyTorch's."),
    click.option("--input-size", type=click.IntRange(32, 1024), metavar="PIXELS",
                 help="Needed only where the model takes any size."),
)  # fmt: skip

about_int8 = _together(
    click.option("--int8", is_flag=True,
                 help="Add an INT8 export, up to 4 times as fast as FP32 on a CPU with VNNI; "
                 "needs --calibration-data and the packages of training."),
    click.option("--calibration-data", metavar="PATH",
                 type=click.Path(exists=True, file_okay=False, path_type=Path),
                 help="Of INT8: pictures like those that the model will judge, of a few hundred "
                 "people. A folder, with folders real and fake for the AUC or without. "
                 "Half of them set ranges, the others say what INT8 costs. A picture in which no "
                 "face is found is taken for a crop of one."),
    click.option("--int8-loss", type=click.FloatRange(0, min_open=True), metavar="SHARE",
                 help="Of INT8: how far its logits may be from those of FP32 (root mean square), "
                 "by the deviation of the logits themselves. Above, nothing is written. "
                 "Default: 0.1."),
    click.option("--cache", "cache_dir", type=click.Path(file_okay=False, path_type=Path),
                 metavar="FOLDER", help="Of INT8: where face boxes are kept between runs; the "
                 "default is the user's cache folder."),
)  # fmt: skip


def int8(
    *, wanted: bool, data: Path | None, loss: float | None, cache_dir: Path | None, openvino: bool
) -> ForeignInt8 | None:
    """What adds INT8 to a bundle; None where it is not asked for."""
    if not wanted:
        for name, value in (("--calibration-data", data), ("--int8-loss", loss)):
            if value is not None:
                raise click.UsageError(f"{name} is of INT8: give --int8 too.")
        return None
    if data is None:
        raise click.UsageError(
            "Missing option '--calibration-data': INT8 takes its ranges from pictures like those "
            "that the model will judge."
        )
    if not openvino:
        raise click.UsageError("--int8 and --no-openvino exclude each other: INT8 is OpenVINO's.")
    from training.export.foreign_int8 import ForeignInt8
    from training.export.int8_difference import LIMIT

    return ForeignInt8.by(data, LIMIT if loss is None else loss, cache_dir)


def meaning(positive_class: str | None, classes: str | None) -> tuple[str, int | None]:
    """The class of a high output, and how many outputs ``--classes`` named, None without it."""
    if classes is None:
        if positive_class is None:
            raise click.UsageError(
                "Missing option '--positive-class': fake or real, what a high output means. Of "
                "two outputs, --classes real,fake or fake,real names both."
            )
        return positive_class, None
    names = [name.strip() for name in classes.split(",")]
    if len(names) != 2 or set(names) != _CLASSES:
        raise click.UsageError(
            f"--classes {classes!r} is neither real,fake nor fake,real: a bundle tells these two."
        )
    if positive_class not in {None, names[1]}:
        raise click.UsageError(
            f"--positive-class {positive_class} contradicts --classes {classes}, whose second "
            f"is {names[1]}; state one of the two."
        )
    return names[1], 2


def scaling(named: str | None, mean: Any, std: Any) -> Scaling | Normalization:
    """How pixels become the input of an ONNX file: by a name, or by mean and deviation."""
    from core.model.preprocess import Scaling
    from training.export.onnx.request import Normalization

    if named is not None and mean is None and std is None:
        return Scaling(named)
    if named is None and mean is not None and std is not None:
        return Normalization(mean, std)
    raise click.UsageError(
        "State how the model's input is scaled, in one of two ways: --scaling unit, signed or "
        "raw; or --mean R,G,B and --std R,G,B together."
    )


def refuse_for_keras(stated: dict[str, Any]) -> None:
    """Raise a usage error for an option that a Keras file has no use for."""
    for key in ONNX_ONLY:
        if stated[key] is not None:
            raise click.UsageError(
                f"--{key.replace('_', '-')} is for .onnx files; a Keras file takes RGB pictures "
                "with their channels last, scaled as --scaling says."
            )
