"""``deepfake gate``: fail when a bundle breaks its claims."""

# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

from pathlib import Path

import click

from training.commands import options


@click.command("gate")
@options.data
@options.cache
@options.bundle
def gate(data_dir: Path, cache_dir: Path | None, bundle: str | None) -> None:
    """Fail unless a bundle gives the figures on valid that its model.json claims.

    \b
    Example:
      deepfake gate --data ../shared/data
    """
    _gate(data_dir, bundle, cache_dir)


def _gate(data_dir: Path, name: str | None, cache_dir: Path | None) -> None:
    """Measure ``valid`` in the runtime that serves on a CPU and compare with the claims."""
    from core.bundle import find_bundle, load_bundle
    from core.runtimes import choose
    from training.data.manifest import Split
    from training.data.reading import read_samples
    from training.evaluation.figures import table
    from training.evaluation.gate import broken_claims
    from training.publish import measure

    bundle = load_bundle(find_bundle(name))
    runtime = choose(bundle)
    samples = read_samples(data_dir, Split.VALID, cache_dir)
    report = measure(bundle, samples, [runtime])[runtime.value]
    click.echo(f"{bundle.manifest.name} on valid, {runtime}\n{table(report)}")
    broken = broken_claims(bundle.manifest.metrics["valid"][runtime.value], report)
    if broken:
        raise click.ClickException("The bundle breaks its claims:\n" + "\n".join(broken))
    click.echo("Every figure is what model.json claims.")
