"""``deepfake explain``: which parts of a face made the detector say what it says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core.evidence import Evidence
    from core.model.bundle import Bundle, InputSpec
    from core.model.detector import Detector
    from core.model.explain import Encoding

_DEADLINE_S = 120.0


@click.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The picture to write, .png, .jpg or .jpeg.")  # fmt: skip
@click.option("--model", envvar="DEEPFAKE_MODEL", show_envvar=True, metavar="NAME|PATH",
              help="A bundle; the default is the one that ships.")  # fmt: skip
@click.option(
    "--runtime", default="auto", show_default=True,
    help="auto, tensorflow, openvino-fp32 or openvino-int8; Grad-CAM needs tensorflow.",
)  # fmt: skip
def explain(image: Path, out: Path, model: str | None, runtime: str) -> None:
    """Draw which parts of a face raised (red) or lowered (blue) P(fake).

    Of an image with several faces, or a video, the face with the highest P(fake) is drawn.
    The map says what the network looked at, not what is wrong with the face.

    \b
    Example:
      deepfake explain portrait.jpg --out heatmap.png
    """
    from core.model.bundle import find_bundle, load_bundle

    encoding = _encoding(out)
    bundle = load_bundle(find_bundle(model))
    detector = _load(bundle, runtime)
    evidence = _extract(image, bundle.manifest.input)
    title, picture = _draw(detector, evidence, image, encoding)
    out.write_bytes(picture)
    click.echo(f"{image}: {title}\n{out}: red raises P(fake), blue lowers it")


def _encoding(out: Path) -> Encoding:
    known: dict[str, Encoding] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
    found = known.get(out.suffix.lower())
    if found is None:
        raise click.UsageError(
            f"--out {out} ends in {out.suffix!r}; .png, .jpg or .jpeg is needed."
        )
    return found


def _load(bundle: Bundle, runtime: str) -> Detector:
    """The detector of a bundle in a runtime that can explain it."""
    from core.errors import ExplanationUnavailable
    from core.model.bundle import RuntimeName
    from core.model.runtimes import AUTO, load_detector

    explanation = bundle.manifest.explanation
    if explanation is None:
        raise ExplanationUnavailable(
            f"The model {bundle.manifest.name} {bundle.manifest.version} cannot explain itself: "
            "its model.json has no explanation. Export it again with: deepfake export."
        )
    if runtime == AUTO and explanation.method == "grad-cam":
        runtime = RuntimeName.TENSORFLOW.value
    return load_detector(bundle, runtime=runtime)


def _extract(image: Path, shown: InputSpec) -> Evidence:
    """Decode and search the file in a sandboxed child, as a worker does."""
    from core.evidence import ExtractOptions
    from worker.decoder.config import DecoderConfig
    from worker.decoder.pool import DecoderPool

    options = ExtractOptions(crop_size=shown.size, crop_margin=shown.margin)
    data = image.read_bytes()
    options.limits.check_bytes(len(data))
    decoders = DecoderPool(DecoderConfig(), 1, spare=0)
    try:
        decoders.wait_ready()
        return decoders.extract(iter([data]), len(data), options, deadline_s=_DEADLINE_S)
    finally:
        decoders.close()


def _draw(
    detector: Detector, evidence: Evidence, image: Path, encoding: Encoding
) -> tuple[str, bytes]:
    from core import jpeg
    from core.errors import UnreadableMedia
    from core.model import explain as heat_maps

    crops = [crop.jpeg for crop in evidence.crops]
    if not crops:
        raise UnreadableMedia(f"No face was found in {image}; there is nothing to explain.")
    scores = detector.probability(crops)
    chosen = int(scores.argmax())
    heat = detector.explain([crops[chosen]])[0]
    title = f"P(fake) {scores[chosen]:.3f}"
    if len(crops) > 1:
        title += f", the highest of {len(crops)} faces"
    crop = jpeg.decode(crops[chosen], size=detector.bundle.manifest.input.size)
    return title, heat_maps.render(crop, heat, title=title, encoding=encoding)
