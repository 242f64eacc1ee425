"""What a detector knows of a kind of fake that it never saw: each left out of training in turn.

    python -m benchmarks.leave_one_kind_out --data DIR --runs DIR --recipe faces --set steps=300

Trains by the recipe, shortened with ``--set``: once with all fakes, and once without each kind
that ``valid`` holds pictures or clips of. Both networks are asked about those of ``valid``, against
all its reals. The runs are far shorter than those of a bundle, so what counts is the difference
between the columns. A run is kept in its folder and resumed: the same command again goes on.

Fakes of no stated kind stay in training, and are counted below the table. If some are of the kind
that is left out, the network has seen it: state their kind with ``--kind SOURCE=KIND``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from core.errors import MediaError
from core.evidence import Evidence, ExtractOptions
from core.faces.detector import load_face_detector
from core.model import preprocess
from core.model.bundle import InputSpec
from core.model.crop_scores import CropScores
from training.calibrate.scored_clips import scored_clip
from training.commands.train import train as train_command
from training.data.clips import read_clips
from training.data.data_set import DataSet, parse_data_sets
from training.data.evidence_cache import EvidenceCache
from training.data.manifest import Split, read_all
from training.data.picture import Picture
from training.data.progress import tracked
from training.data.reading import cache_folder, read_samples
from training.evaluate import metrics, resampling
from training.evaluate.metrics import Floats
from training.evaluate.scores import Scores, scores_of_pictures
from training.evaluate.scoring import BATCH, cut_crops
from training.fit import AVERAGED
from training.networks import find_network
from training.recipes import find_recipe, override, parse_settings

_HEAD = (
    "| Kind | pictures | AUC, trained on it | AUC, never seen | clips | AUC, trained on it "
    "| AUC, never seen |\n|---|---|---|---|---|---|---|"
)
Kinds = Mapping[str, str]  # source → the kind of its fakes, where no manifest states it


@dataclass(frozen=True, slots=True)
class Trials:
    """Training runs that differ in what they leave out."""

    texts: Sequence[str]  # of the data sets, as --data has them
    runs: Path
    recipe: str
    settings: Sequence[str]
    cache_dir: Path | None

    @property
    def shown(self) -> InputSpec:
        """What the networks look at."""
        recipe = override(find_recipe(self.recipe), parse_settings(self.settings))
        scaling = find_network(recipe.network).scaling
        return InputSpec(size=recipe.size, scaling=scaling, margin=recipe.margin)

    def network(self, left_out: Sequence[str] = ()) -> Path:
        """The trained network without the fakes of some kinds or sources; done once."""
        name = "-".join(["without", *left_out]) if left_out else "all"
        folder = self.runs / re.sub(r"[^\w.-]+", "_", name)
        arguments = ["--recipe", self.recipe, "--out", folder, "--report-every", 50]
        arguments += [part for text in self.texts for part in ("--data", text)]
        arguments += [part for text in self.settings for part in ("--set", text)]
        arguments += [part for each in left_out for part in ("--leave-out", each)]
        if self.cache_dir is not None:
            arguments += ["--cache", self.cache_dir]
        train_command.main([str(each) for each in arguments], standalone_mode=False)
        return folder / AVERAGED


class Asked:
    """The pictures and clips of ``valid``, and what a network says of them."""

    def __init__(
        self, data: Sequence[DataSet], kinds: Kinds, shown: InputSpec, cache_dir: Path | None
    ) -> None:
        options = ExtractOptions(crop_size=shown.size, crop_margin=shown.margin)
        films = EvidenceCache(cache_folder(cache_dir), load_face_detector)
        self._samples = read_samples(data, Split.VALID, cache_dir)
        self._jpegs = cut_crops(self._samples, shown)
        self._kinds, self._shown = kinds, shown
        self._clips: list[tuple[Picture, Evidence]] = []
        for clip in tracked(read_clips(data, Split.VALID), "clips"):
            try:
                self._clips.append((clip, films.extract(clip.path, options)))
            except MediaError as error:
                click.echo(f"{clip.key} is left out: {error.message}", err=True)

    @property
    def kinds(self) -> list[str]:
        """The kinds of fakes among pictures and clips, sorted."""
        known = [self._of(picture).kind for picture in self._pictures() if picture.fake]
        return sorted(set(known) - {""})

    def scores(self, model: Any) -> tuple[Scores, Scores]:
        """What a network says of pictures and of clips; a clip by its mean logit."""
        pictures = scores_of_pictures(
            [self._of(sample.picture) for sample in self._samples],
            logits(model, self._jpegs, self._shown),
            np.ones(len(self._samples), np.bool_),
        )
        known, means = [], []
        for clip, evidence in self._clips:
            crops = CropScores(logits(model, [c.jpeg for c in evidence.crops], self._shown), None)
            scored = scored_clip(clip, evidence, crops)
            known.append(self._of(clip))
            means.append(float("nan") if scored is None else scored.mean_logit)
        clips = scores_of_pictures(known, np.array(means), np.isfinite(np.array(means)))
        return pictures, clips

    def _pictures(self) -> Iterator[Picture]:
        yield from (sample.picture for sample in self._samples)
        yield from (clip for clip, _ in self._clips)

    def _of(self, picture: Picture) -> Picture:
        return with_kind(picture, self._kinds)


def with_kind(picture: Picture, kinds: Kinds) -> Picture:
    """The picture with the kind that was stated for its source, where no manifest states one."""
    return replace(picture, kind=picture.kind or kinds.get(picture.source, ""))


def logits(model: Any, jpegs: Sequence[bytes], shown: InputSpec) -> Floats:
    """Logits of fake, (n,) float64, of crops as serving would cut them."""
    starts = range(0, len(jpegs), BATCH)
    tensors = (
        preprocess.from_jpegs(jpegs[start : start + BATCH], size=shown.size, scaling=shown.scaling)
        for start in starts
    )
    parts = [np.asarray(model.predict_on_batch(tensor), np.float64) for tensor in tensors]
    return np.concatenate([np.empty(0), *(part.reshape(-1) for part in parts)])


def auc_of(kind: str, scores: Scores) -> str:
    """AUC of the fakes of a kind against all reals, with its interval; a dash without either."""
    some = scores.judged & ((scores.fake & (scores.kind == kind)) | ~scores.fake)
    fake, answer = scores.fake[some], scores.probability[some]
    value = metrics.once(metrics.auc, fake, answer)
    if not np.isfinite(value):
        return "-"
    weights = scores.resampled()[:, some]
    pair = resampling.interval(metrics.auc(fake, answer, weights))
    return f"{value:.3f}" if pair is None else f"{value:.3f} ({pair[0]:.3f}-{pair[1]:.3f})"


def rows(trials: Trials, asked: Asked, kinds: Kinds) -> Iterator[str]:
    """A line of the table for every kind, as soon as it is known."""
    knows = asked.scores(_load(trials.network()))
    for kind in asked.kinds:
        sources = sorted(source for source, stated in kinds.items() if stated == kind)
        path = trials.network(trained_names(trials.texts, kind, sources))
        never_saw = asked.scores(_load(path))
        cells = []
        for before, after in zip(knows, never_saw, strict=True):
            count = int((before.fake & (before.kind == kind)).sum())
            cells += [str(count), auc_of(kind, before), auc_of(kind, after)]
        yield f"| {kind} | {' | '.join(cells)} |"


def trained_names(texts: Sequence[str], kind: str, sources: Sequence[str]) -> list[str]:
    """What ``--leave-out`` names: the kind, where a manifest states it, and sources of the kind."""
    fakes = [each for each in read_all(parse_data_sets(texts)) if each.fake]
    stated = [kind] if any(each.kind == kind for each in fakes) else []
    names = [*stated, *(name for name in sources if any(f.source == name for f in fakes))]
    if not names:
        click.echo(f"No picture is a fake of the kind {kind}: nothing is left out.", err=True)
    return names


def of_no_kind(samples: Sequence[Picture], kinds: Kinds) -> str:
    """The fakes of ``train`` whose kind nobody states, in words; empty where there are none."""
    counted = Counter(
        picture.source
        for picture in samples
        if picture.fake and picture.split is Split.TRAIN and not with_kind(picture, kinds).kind
    )
    told = ", ".join(f"{count} of {source}" for source, count in sorted(counted.items()))
    return f"Of no stated kind, and always trained on: {told}." if told else ""


def _load(file: Path) -> Any:
    import keras  # its backend takes seconds to import

    return keras.saving.load_model(file, compile=False)


def _parsed(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> Kinds:
    pairs = [text.partition("=") for text in texts]
    for source, _equals, kind in pairs:
        if not source or not kind:
            raise click.BadParameter(f"expected SOURCE=KIND, as dfdc=swap; got {source!r}.")
    return {source: kind for source, _, kind in pairs}


@click.command()
@click.option("--data", "texts", multiple=True, required=True, help="As for training.")
@click.option("--runs", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--recipe", default="faces", show_default=True)
@click.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Of the recipe.")
@click.option("--kind", "kinds", multiple=True, metavar="SOURCE=KIND", callback=_parsed)
@click.option("--cache", "cache_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="Save the table as Markdown.")
def main(
    texts: Sequence[str],
    runs: Path,
    recipe: str,
    settings: Sequence[str],
    kinds: Kinds,
    cache_dir: Path | None,
    write: Path | None,
) -> None:
    """Train, and print the table."""
    trials = Trials(texts, runs, recipe, settings, cache_dir)
    data = parse_data_sets(texts)
    asked = Asked(data, kinds, trials.shown, cache_dir)
    lines = [_HEAD, *rows(trials, asked, kinds)]
    lines += [told for told in ["", of_no_kind(read_all(data), kinds)] if told]
    click.echo("\n".join(lines))
    if write is not None:
        command = " ".join(["--recipe", recipe, *(f"--set {each}" for each in settings)])
        text = [
            "# Each kind of fake left out of training",
            "",
            f"    python -m benchmarks.leave_one_kind_out --data DIR --runs DIR {command}",
            "",
            "`valid`; AUC of the fakes of a kind against all reals, 95 % interval over groups.",
            "",
            *lines,
        ]
        write.write_text("\n".join(text) + "\n", "utf-8")


if __name__ == "__main__":
    main()
