"""``deepfake gate``: fail when a bundle breaks its claims."""

# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.commands import options

if TYPE_CHECKING:
    from core.model.bundle import Bundle


@click.command("gate")
@options.data
@options.cache
@options.bundle
@click.option("--runtime", help="Default: the one that serves on a CPU.")
@click.option("--save", is_flag=True, help="Make what is measured now the claim.")
def gate(
    data_dir: Path, cache_dir: Path | None, bundle: str | None, runtime: str | None, save: bool
) -> None:
    """Fail when a bundle does worse than its model.json claims.

    A fixed sample of valid and test with every source in it is measured anew, face
    detection included. A figure that drops out of its 95 % interval fails; one that
    moves inside it, as by another processor's rounding, does not.

    \b
    Examples:
      deepfake gate --data ../shared/data
      deepfake gate --data ../shared/data --model models/mine-v1 --save
    """
    from core.model.bundle import find_bundle, load_bundle
    from core.model.runtimes import AUTO, choose
    from training.evaluate.claims import claims_of
    from training.evaluate.text_table import table

    loaded = load_bundle(find_bundle(bundle))
    name = choose(loaded, runtime or AUTO).value
    sample, report = _measure(loaded, name, data_dir, cache_dir)
    told = f"{sample['pictures']} pictures of valid and test, {name}"
    click.echo(f"{loaded.manifest.name} on {told}\n{table(report)}")
    if save:
        _save(loaded, sample, name, claims_of(report))
        click.echo(f"written into {loaded.path / 'model.json'}")
        return
    _compare(loaded, sample, name, report)
    click.echo("No figure is worse than model.json claims.")


def _measure(
    bundle: Bundle, runtime: str, data_dir: Path, cache_dir: Path | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the sample is, and its figures."""
    from core.model.runtimes import load_detector
    from training.data.manifest import Split, read_pictures
    from training.data.reading import with_faces
    from training.evaluate.figures import figures, score_samples
    from training.evaluate.gate import gate_sample
    from training.evaluate.sampling import fingerprint

    pictures = [*read_pictures(data_dir, Split.VALID), *read_pictures(data_dir, Split.TEST)]
    samples = with_faces(gate_sample(pictures), cache_dir)
    scores = score_samples(load_detector(bundle, runtime=runtime), samples)
    report = figures(samples, scores, bundle.manifest.thresholds)
    used = [sample.picture for sample in samples]
    return {"pictures": len(used), "fingerprint": fingerprint(used)}, report


def _save(bundle: Bundle, sample: dict[str, Any], runtime: str, claims: dict[str, Any]) -> None:
    from training.evaluate.gate import CLAIM
    from training.export.publish import record

    before = bundle.manifest.metrics.get(CLAIM, {})
    kept = before if before.get("sample") == sample else {}  # of other pictures: no claim now
    record(bundle, CLAIM, {**kept, "sample": sample, runtime: claims})


def _compare(bundle: Bundle, sample: dict[str, Any], runtime: str, report: dict[str, Any]) -> None:
    """Raise a ClickException unless the claims hold."""
    from core.errors import ConfigurationError
    from training.evaluate.gate import CLAIM, broken_claims

    claimed = bundle.manifest.metrics.get(CLAIM, {})
    if runtime not in claimed:
        raise ConfigurationError(
            f"{bundle.path / 'model.json'} claims no figures of the gate for {runtime}; "
            "write them with: deepfake gate --save."
        )
    if claimed["sample"] != sample:
        raise ConfigurationError(
            f"The claims are of other pictures ({claimed['sample']}) than these ({sample}); "
            "write new ones with: deepfake gate --save."
        )
    broken = broken_claims(claimed[runtime], report)
    if broken:
        raise click.ClickException("The bundle breaks its claims:\n" + "\n".join(broken))
