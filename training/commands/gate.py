"""``deepfake gate``: fail when a bundle breaks its claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from training.commands import data_options, options

if TYPE_CHECKING:
    from core.model.bundle import Bundle
    from training.data.cache import Sample
    from training.data.clips import Clip
    from training.data.data_set import DataSet
    from training.evaluate.clips import ClipEvaluation
    from training.evaluate.metrics import Floats


@dataclass(frozen=True, slots=True)
class _Measured:
    """The gate's sample through one runtime."""

    runtime: str
    samples: Sequence[Sample]
    probability: Floats
    report: dict[str, Any]
    clips: ClipEvaluation | None  # None where the data holds none of valid

    @property
    def sample(self) -> dict[str, Any]:
        """What the pictures are, as ``model.json`` keeps it."""
        from training.evaluate.sampling import fingerprint

        used = [sample.picture for sample in self.samples]
        return {"pictures": len(used), "fingerprint": fingerprint(used)}


@click.command("gate")
@data_options.data_sets
@options.bundle
@click.option("--runtime", help="Default: the one that serves on a CPU.")
@click.option("--save", is_flag=True, help="Make what is measured now the claim.")
def gate(
    data_sets: Sequence[DataSet],
    bundle: str | None,
    runtime: str | None,
    save: bool,
) -> None:
    """Fail when a bundle does worse than its model.json claims, or answers otherwise.

    A fixed sample of valid and test with every source in it is measured anew, face
    detection included. A figure that drops out of its 95 % interval fails, and so do
    scores of single pictures that move further than by another processor's rounding.

    \b
    Examples:
      deepfake gate --data ../shared/data
      deepfake gate --data ../shared/data --model models/mine-v1 --save
    """
    from core.model.bundle import find_bundle, load_bundle
    from core.model.runtimes import AUTO, choose
    from training.data.clips import read_clips
    from training.data.manifest import Split, read_all
    from training.data.reading import with_faces
    from training.evaluate.gate import gate_clips, gate_sample
    from training.evaluate.text_table import table

    loaded = load_bundle(find_bundle(bundle))
    everything = read_all(data_sets)
    watched = [picture for picture in everything if picture.split is not Split.TRAIN]
    with TemporaryDirectory() as fresh:  # boxes that were kept would hide another face detector
        samples = with_faces(gate_sample(watched), Path(fresh))
    clips = gate_clips(read_clips(data_sets, Split.VALID))
    measured = _measure(loaded, choose(loaded, runtime or AUTO).value, samples, clips)
    told = (
        f"{len(samples)} pictures of valid and test and {len(clips)} clips of valid, "
        f"{measured.runtime}"
    )
    click.echo(f"{loaded.manifest.name} on {told}\n{table(measured.report)}")
    if save:
        _save(loaded, measured)
        return
    _compare(loaded, measured)
    click.echo("No figure is worse than model.json claims, and the files are judged as before.")


def _measure(
    bundle: Bundle, runtime: str, samples: Sequence[Sample], clips: Sequence[Clip]
) -> _Measured:
    from core.faces.detector import load_face_detector
    from core.model.runtimes import load_detector
    from training.data.evidence_cache import EvidenceCache
    from training.evaluate.clips import judge_clips
    from training.evaluate.figures import figures_of
    from training.evaluate.scores import scores_of
    from training.evaluate.scoring import score_samples
    from training.evaluate.verdicts import called

    detector = load_detector(bundle, runtime=runtime)
    scores = score_samples(detector, samples)
    verdicts = called(scores, bundle.manifest.thresholds)
    report = figures_of(scores_of(samples, scores), verdicts)
    films = EvidenceCache(None, partial(load_face_detector, threads=1))
    judged = judge_clips(clips, detector, films) if clips else None
    return _Measured(runtime, samples, scores, report, judged)


def _save(bundle: Bundle, measured: _Measured) -> None:
    from training.evaluate.answers import CLIPS, FILE, PICTURES, contents_of, keep
    from training.evaluate.claims import claims_of
    from training.evaluate.gate import CLAIM
    from training.export.publish import record

    before, sample = bundle.manifest.metrics.get(CLAIM, {}), measured.sample
    kept = before if before.get("sample") == sample else {}  # of other pictures: no claim now
    claims = {**kept, "sample": sample, measured.runtime: claims_of(measured.report)}
    record(bundle, CLAIM, claims)
    contents = contents_of(measured.samples)
    keep(bundle.path, PICTURES, measured.runtime, contents, measured.probability)
    if measured.clips is not None:
        judged = measured.clips
        keep(bundle.path, CLIPS, measured.runtime, judged.contents(), judged.scores.probability)
    click.echo(f"written into {bundle.path / 'model.json'} and {FILE}")


def _compare(bundle: Bundle, measured: _Measured) -> None:
    """Raise a ClickException unless the claims hold."""
    from core.errors import ConfigurationError
    from training.evaluate.gate import CLAIM, broken_claims

    claimed = bundle.manifest.metrics.get(CLAIM, {})
    if measured.runtime not in claimed:
        raise ConfigurationError(
            f"{bundle.path / 'model.json'} claims no figures of the gate for {measured.runtime}; "
            "write them with: deepfake gate --save."
        )
    if claimed["sample"] != measured.sample:
        raise ConfigurationError(
            f"The claims are of other pictures ({claimed['sample']}) than these "
            f"({measured.sample}); write new ones with: deepfake gate --save."
        )
    broken = broken_claims(claimed[measured.runtime], measured.report)
    broken += _moved(bundle, measured)
    if broken:
        raise click.ClickException("The bundle breaks its claims:\n" + "\n".join(broken))


def _moved(bundle: Bundle, measured: _Measured) -> list[str]:
    """A sentence for each limit that scores of single pictures and clips pass."""
    from training.evaluate.answers import CLIPS, PICTURES, contents_of, holds, moved

    folder, runtime = bundle.path, measured.runtime
    contents = contents_of(measured.samples)
    broken = moved(folder, PICTURES, runtime, contents, measured.probability).broken()
    if measured.clips is not None:
        if not holds(folder, CLIPS):
            click.echo("The gate keeps no clips yet; deepfake gate --save keeps them.", err=True)
            return broken
        judged = measured.clips
        scores = judged.scores.probability
        broken += moved(folder, CLIPS, runtime, judged.contents(), scores).broken()
    elif holds(folder, CLIPS):
        click.echo(
            "The data holds no clips of valid; those that the gate keeps are not checked.", err=True
        )
    return broken
