"""``deepfake evaluate``: what a bundle is worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.commands import data_options, options

if TYPE_CHECKING:
    from core.model.bundle import Bundle
    from training.data.clips import Clip
    from training.data.data_set import DataSet
    from training.evaluate.evaluation import Evaluation, Plan


@click.command("evaluate")
@data_options.data_sets
@options.cache
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Name in models/, or a folder. Several are compared with the first. Default: the default.",
)
@click.option(
    "--split",
    type=click.Choice(["valid", "test", "all"]),
    default="test",
    show_default=True,
    help="all takes every picture, for data that was never trained on.",
)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    type=click.Choice(["tensorflow", "openvino-fp32", "openvino-int8"]),
    help="May be given more than once. Default: every one that the bundle holds.",
)
@click.option(
    "--out",
    "report_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="REPORT",
    help="Folder for metrics.json and plots/.",
)
@click.option(
    "--mistakes",
    is_flag=True,
    help="Draw the faces judged worst, pictures of the data, into mistakes.png beside them.",
)
@options.clip_frames
@click.option(
    "--robustness/--no-robustness",
    default=None,
    help="Measure degraded pictures too. Default: when there is --out.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Figures go here."
)
@click.option("--save", is_flag=True, help="Write the figures into the bundle's model.json.")
@click.option(
    "--count-look",
    is_flag=True,
    help="Count this look at test in model.json (metrics.test_looks), for a bundle that ships.",
)
def evaluate(
    data_sets: Sequence[DataSet],
    cache_dir: Path | None,
    split: str,
    models: Sequence[str],
    count_look: bool,
    **choices: Any,
) -> None:
    """Measure bundles by source, generator and kind of fake through the code path that serves.

    Prints tables of the pictures and of the clips, and of several bundles the differences on the
    same files. With --out, the robustness is measured too, and figures and plots are written, of
    several bundles into a folder each.

    \b
    Examples:
      deepfake evaluate --data ../shared/data --out /tmp/report --mistakes
      deepfake evaluate --data ../shared/data --runtime openvino-int8 --json figures.json
      deepfake evaluate --data ../shared/data --out docs/evaluation/mine
      deepfake evaluate --data faces/ --split all
      deepfake evaluate --data faces/ --split valid --model old-v1 --model new-v2
    """
    from training.data.clips import read_clips
    from training.data.reading import read_samples
    from training.evaluate.evaluation import evaluate

    if choices["mistakes"] and choices["report_dir"] is None:
        raise click.UsageError("--mistakes goes into the folder of --out, which is missing.")
    bundles, wanted = _load(models, split, count_look=count_look), data_options.split_of(split)
    clips = read_clips(data_sets, wanted)
    samples = read_samples(data_sets, wanted, cache_dir)
    plans = [_plan(bundle, clips, cache_dir, **choices) for bundle in bundles]
    evaluations = [
        evaluate(bundle, samples, plan, data=data_sets, split=split)
        for bundle, plan in zip(bundles, plans, strict=True)
    ]
    for each in evaluations:
        _show(each, split)
    compared = _compare(evaluations)
    _write(evaluations, compared, split, **choices)


def _load(models: Sequence[str], split: str, *, count_look: bool) -> list[Bundle]:
    from core.model.bundle import find_bundle, load_bundle
    from training.evaluate.claims import count_look as counted
    from training.evaluate.claims import looks

    wanted: Sequence[str | None] = models or (None,)
    bundles = [load_bundle(find_bundle(model)) for model in wanted]
    names = [bundle.manifest.name for bundle in bundles]
    if len(set(names)) < len(names):
        raise click.UsageError(f"Two of the models have one name: {', '.join(names)}.")
    if count_look and split == "valid":
        raise click.UsageError("--count-look counts looks at test; the split is valid.")
    if count_look:
        bundles = [counted(bundle) for bundle in bundles]
    if split != "valid":
        for bundle in bundles:
            click.echo(
                f"{bundle.manifest.name}: {looks(bundle)} looks at test are counted in model.json"
                f"{', this one among them' if count_look else '; --count-look counts this one'}.",
                err=True,
            )
    return bundles


def _plan(
    bundle: Bundle,
    clips: Sequence[Clip],
    cache_dir: Path | None,
    *,
    runtimes: tuple[str, ...],
    report_dir: Path | None,
    robustness: bool | None,
    clip_frames: int,
    **_: Any,
) -> Plan:
    from core.model.bundle import RuntimeName
    from training.evaluate.evaluation import Plan

    return Plan(
        runtimes=[RuntimeName(name) for name in runtimes] or list(bundle.manifest.artifacts),
        robustness=report_dir is not None if robustness is None else robustness,
        clips=clips,
        clip_frames=clip_frames,
        cache_dir=cache_dir,
    )


def _show(evaluation: Evaluation, split: str) -> None:
    from training.evaluate.text_table import table

    name, document = evaluation.bundle.manifest.name, evaluation.document
    for runtime, report in document["runtimes"].items():
        click.echo(f"\n{name} on {split}, {runtime}\n{table(report)}")
    if document["clips"] is not None:
        told = f"{document['clips']['data']['clips']} clips of {split}, {evaluation.runtime}"
        click.echo(f"\n{name} on {told}\n{table(document['clips'])}")


def _compare(evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    """Name of the other bundle → differences to the first, on pictures and on clips; printed."""
    from training.evaluate.comparison import compare, table

    first, *others = evaluations
    compared: dict[str, Any] = {}
    for other in others:
        name = other.bundle.manifest.name
        compared[name] = {"pictures": compare(first.answers, other.answers), "clips": None}
        if first.clips is not None and other.clips is not None:
            compared[name]["clips"] = compare(first.clips.answers, other.clips.answers)
        for what, told in compared[name].items():
            if told is not None:
                click.echo(f"\n{what}: {table(told, first.bundle.manifest.name, name)}")
    return compared


def _write(
    evaluations: Sequence[Evaluation],
    compared: dict[str, Any],
    split: str,
    *,
    report_dir: Path | None,
    mistakes: bool,
    json_file: Path | None,
    save: bool,
    **_: Any,
) -> None:
    """Files, and claims in the bundles, where they are asked for."""
    several = len(evaluations) > 1
    if json_file is not None:
        documents = {each.bundle.manifest.name: each.document for each in evaluations}
        told = {"models": documents, "compared": compared} if several else evaluations[0].document
        json_file.write_text(json.dumps(told, indent=1) + "\n")
    for each in evaluations:
        if report_dir is not None:
            folder = report_dir / each.bundle.manifest.name if several else report_dir
            _write_report(each, folder, mistakes=mistakes)
            click.echo(f"\n{folder}")
        if save:
            from training.evaluate.claims import save_claims

            save_claims(each, split)
            click.echo(f"\nwritten into {each.bundle.path / 'model.json'}")
    if report_dir is not None and several:
        (report_dir / "comparison.json").write_text(json.dumps(compared, indent=1) + "\n")


def _write_report(evaluation: Evaluation, folder: Path, *, mistakes: bool) -> None:
    from training.evaluate.plots import mistakes as worst
    from training.evaluate.plots.gallery import draw_all, save_all
    from training.evaluate.plots.style import to_png

    document, thresholds = evaluation.document, evaluation.bundle.manifest.thresholds
    plots = draw_all(evaluation.scores, evaluation.report, thresholds, document["robustness"])
    save_all(plots, folder / "plots")
    (folder / "metrics.json").write_text(json.dumps(document, indent=1) + "\n")
    if mistakes:
        margin = evaluation.bundle.manifest.input.margin
        figure = worst.mistakes(evaluation.scores, evaluation.samples, margin)
        (folder / "mistakes.png").write_bytes(to_png(figure))
