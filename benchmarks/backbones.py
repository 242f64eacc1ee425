"""What frozen backbones know of fakes: a linear head on each, fitted to the same pictures.

    python -m benchmarks.backbones --data ../shared/data2 --limit 250 > benchmarks/backbones.md

Pictures of ``train`` fit the heads, those of ``valid`` and the clips of ``valid`` judge them; a
clip is judged by its mean logit. The strength of each head's penalty is chosen by cross-validation
over whole sources (training/frozen/strength.py). Features are kept in the cache, so that a call
which was interrupted goes on where it was. ``test`` is not read.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.backbone_towers import LOADERS, loaded, milliseconds
from core import jpeg
from core.cores import usable_cores
from core.errors import ConfigurationError, MediaError
from core.evidence import ExtractOptions
from core.faces.detector import load_face_detector
from core.model.crop_scores import CropScores
from core.options import DEFAULT_FRAMES
from core.verdict import decide
from training.calibrate.scored_clips import BY_MEAN_LOGIT
from training.commands import data_options, options
from training.data.clips import Clip, read_clips
from training.data.data_set import DataSet
from training.data.evidence_cache import EvidenceCache
from training.data.picture import Picture, Split
from training.data.progress import tracked
from training.data.reading import cache_folder
from training.data.sample import Sample
from training.evaluate.metrics import auc, once
from training.fit.pictures import Selection
from training.frozen.balance import mixture_weights
from training.frozen.extract import extract_features
from training.frozen.head import LinearHead, fit_heads
from training.frozen.store import FeatureStore
from training.frozen.strength import choose_strength, of_views
from training.frozen.tower import Tower
from training.frozen.views import CLEAN, Views
from training.recipes import FROZEN_RECIPES

_RECIPE = FROZEN_RECIPES["clip_faces"]
_STRENGTHS = (0.01, 0.1, *_RECIPE.strengths)  # of fewer features, less is enough
EVERY = "all"


@dataclass(frozen=True, slots=True)
class Column:
    """One backbone."""

    name: str
    width: int  # features a crop
    ten_crops_ms: float
    strength: float
    pictures: dict[str, float] = field(default_factory=dict)  # kind of fake -> AUC
    clips: dict[str, float] = field(default_factory=dict)


def measure(
    tower: Tower, train: Sequence[Sample], valid: Sequence[Sample], clips: Sequence[Clip],
    cache_dir: Path, *, views: int = 0, frames: int = DEFAULT_FRAMES,
) -> Column:  # fmt: skip
    """Fit a head to ``train`` and judge it on ``valid`` and on ``clips``."""
    store = FeatureStore(cache_dir, tower.key)
    cut = Views(tower.size, _RECIPE.margin, _RECIPE.augmentation, _RECIPE.seed)
    head, strength = _fitted(tower, train, cut, views, store)
    clean = extract_features(tower, valid, cut, (CLEAN,), store, show=_say)
    logits = head.logits(clean.reshape(len(valid), -1))
    judged, means = _clip_logits(tower, head, clips, store, cache_dir, frames)
    return Column(
        tower.name, len(head.kernel), milliseconds(tower), strength,
        by_kind([sample.picture for sample in valid], logits), by_kind(judged, means),
    )  # fmt: skip


def by_kind(files: Sequence[Picture], logits: NDArray[np.float64]) -> dict[str, float]:
    """AUC of all fakes and of each kind against all reals; a kind is empty where nobody says."""
    fake = np.array([file.fake for file in files], np.bool_)
    kinds = np.array([file.kind if file.fake else "" for file in files], np.str_)
    areas = {EVERY: once(auc, fake, logits)}
    for kind in sorted(set(kinds[fake].tolist())):
        some = ~fake | (kinds == kind)
        areas[kind or "kind not stated"] = once(auc, fake[some], logits[some])
    return areas


def table(columns: Sequence[Column]) -> str:
    """A column for each backbone, as Markdown."""
    rows = [["", *(column.name for column in columns)]]
    rows += [["---"] * (1 + len(columns))]
    rows += [["features a crop", *(f"{column.width:,}" for column in columns)]]
    rows += [["ms for ten crops", *(f"{column.ten_crops_ms:,.0f}" for column in columns)]]
    rows += [["L2 strength", *(f"{column.strength:g}" for column in columns)]]
    for name in ("pictures", "clips"):
        kinds = list(dict.fromkeys(kind for each in columns for kind in getattr(each, name)))
        for kind in kinds:
            areas = [getattr(each, name).get(kind, float("nan")) for each in columns]
            rows.append([f"{name}, {kind}", *(f"{area:.3f}" for area in areas)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _fitted(
    tower: Tower, train: Sequence[Sample], cut: Views, views: int, store: FeatureStore
) -> tuple[LinearHead, float]:
    weights = mixture_weights(train, _RECIPE.mixture)
    features = extract_features(tower, train, cut, range(1 + views), store, show=_say)
    flat = features.reshape(*features.shape[:2], -1)
    choice = choose_strength(flat, train, weights, _STRENGTHS, show=_say)
    _say(f"{tower.name}: {choice.describe()}")
    fake = np.array([sample.picture.fake for sample in train], np.bool_)
    (head,) = fit_heads(*of_views(flat, fake, weights), (choice.strength,))
    return head, choice.strength


def _clip_logits(
    tower: Tower, head: LinearHead, clips: Sequence[Clip], store: FeatureStore, cache_dir: Path,
    frames: int,
) -> tuple[list[Clip], NDArray[np.float64]]:  # fmt: skip
    """The clips in which a face was found, and the mean logit of each, (n,)."""
    films = EvidenceCache(cache_dir, load_face_detector)
    how = ExtractOptions(frames=frames, crop_size=tower.size, crop_margin=_RECIPE.margin)
    judged, means = [], []
    for clip in tracked(clips, f"clips, {tower.name}"):
        try:
            evidence = films.extract(clip.path, how)
        except MediaError as error:
            _say(f"{clip.key}: {error.message}")
            continue
        features = [_features(tower, crop.jpeg, store) for crop in evidence.crops]
        if not features:
            continue
        logits = head.logits(np.stack(features))
        speaker = decide(evidence, CropScores(logits, None), BY_MEAN_LOGIT).speaker
        if speaker is not None:
            judged.append(clip)
            means.append(fmean(face.logit for face in speaker.faces))
    return judged, np.array(means, np.float64)


def _features(tower: Tower, crop: bytes, store: FeatureStore) -> NDArray[np.float16]:
    key = hashlib.sha256(crop).hexdigest()[:32]
    if key not in store:
        store.write(key, tower.features(jpeg.decode(crop, size=tower.size)[None])[0])
    return store.read(key).reshape(-1)


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command()
@data_options.data_sets
@options.cache
@options.clip_frames
@click.option("--backbone", "names", multiple=True, help="Of those there are; default: all.")
@click.option("--limit", default=250, show_default=True, help="Pictures of a source and class.")
@click.option("--valid-limit", default=60, show_default=True, help="The same, of those that judge.")
@click.option("--views", default=0, show_default=True, help="Augmented views beside the clean one.")
def main(
    data_sets: list[DataSet],
    cache_dir: Path | None,
    clip_frames: int,
    names: tuple[str, ...],
    limit: int,
    valid_limit: int,
    views: int,
) -> None:
    """Print the table of frozen backbones."""
    selection = Selection(data_sets, limit=limit, valid_limit=valid_limit, cache_dir=cache_dir)
    train, valid = selection.read()
    clips = read_clips(data_sets, Split.VALID)
    folder, columns = cache_folder(cache_dir), []
    for name in names or LOADERS:
        try:
            tower = loaded(name)
        except ConfigurationError as error:
            _say(f"{name} is left out: {error.message}")
            continue
        columns.append(measure(tower, train, valid, clips, folder, views=views, frames=clip_frames))
    click.echo(
        f"{len(train):,} pictures fit the heads; {len(valid):,} pictures and {len(clips)} clips "
        f"judge them. {usable_cores()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}."
        " Figures under a kind are AUC of its fakes against all reals.\n"
    )
    click.echo(table(columns))


if __name__ == "__main__":
    main()
