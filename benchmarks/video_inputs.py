"""Candidates for what P(fake) of a video is computed from, compared on clips held back.

The verdict is made of the mean logit alone. A further input has to lower the log loss of groups
that were not fitted on by more than its interval, and it must not be a trait of the data: the files
of a source often differ from those of another in size and compression, and so do their classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.calibrate import reliability
from training.calibrate.calibration import balanced_group_weights
from training.calibrate.scored_clips import ScoredClip
from training.evaluate import metrics, resampling
from training.evaluate.metrics import Floats

# Name of a candidate → the columns of inputs() that it is fitted to.
CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "mean logit": ("mean",),
    "median logit": ("median",),
    "highest logit": ("highest",),
    "mean logit, frames": ("mean", "frames"),
    "mean logit, spread": ("mean", "spread"),
    "mean logit, face width": ("mean", "width"),
    "mean logit, bits per pixel": ("mean", "bits"),
    "all of them": ("mean", "median", "highest", "frames", "spread", "width", "bits"),
    "no logit: frames, face width, bits per pixel": ("frames", "width", "bits"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate on clips held back; groups and classes weigh alike."""

    name: str
    log_loss: float  # nats; 0.693 is a guess
    auc: float
    log_loss_saved: float  # against the mean logit
    interval: tuple[float, float] | None  # of that, over groups


def compare_inputs(clips: Sequence[ScoredClip]) -> list[Compared]:
    """Every candidate by cross-validation over groups, the mean logit first.

    Raises :class:`core.errors.ConfigurationError` where a class has fewer than two groups.
    """
    columns = inputs(clips)
    fake = np.array([clip.clip.fake for clip in clips], np.bool_)
    groups = np.array([clip.clip.group for clip in clips], np.str_)
    sources = np.array([clip.clip.source for clip in clips], np.str_)
    folds = reliability.folds_of(fake, groups)
    held = {
        name: _held_out(
            np.stack([columns[each] for each in chosen], 1), fake, sources, groups, folds
        )
        for name, chosen in CANDIDATES.items()
    }
    weights = balanced_group_weights(sources, groups, fake)
    cells = np.unique(np.char.add(sources, fake.astype(np.str_)), return_inverse=True)[1]
    drawn = resampling.draw_groups(cells.astype(np.int64), fake, groups) * weights
    right = {name: np.where(fake, p, 1 - p) for name, p in held.items()}
    losses = {name: -np.log(np.clip(p, metrics.CLIP, 1)) for name, p in right.items()}
    first = losses[next(iter(CANDIDATES))]
    once = weights[None]
    return [
        Compared(
            name,
            float(metrics.mean(losses[name], once)[0]),
            float(metrics.auc(fake, held[name], once)[0]),
            float(metrics.mean(first - losses[name], once)[0]),
            resampling.interval(metrics.mean(first - losses[name], drawn)),
        )
        for name in CANDIDATES
    ]


def inputs(clips: Sequence[ScoredClip]) -> dict[str, Floats]:
    """Column → (n,) float64, one number a clip."""
    logits = [np.array([face.logit for face in clip.speaker.faces]) for clip in clips]
    return {
        "mean": np.array([each.mean() for each in logits]),
        "median": np.array([np.median(each) for each in logits]),
        "highest": np.array([each.max() for each in logits]),
        "spread": np.array([each.std() for each in logits]),
        "frames": np.array([float(len(each)) for each in logits]),
        "width": np.log([clip.speaker.width_px for clip in clips]),
        "bits": np.log([_bits_per_pixel(clip) for clip in clips]),
    }


def _bits_per_pixel(clip: ScoredClip) -> float:
    media = clip.evidence.media
    pixels = media.width * media.height * (media.frames_total or 1)
    return 8 * clip.clip.path.stat().st_size / pixels


def _held_out(
    table: Floats,
    fake: NDArray[np.bool_],
    sources: NDArray[np.str_],
    groups: NDArray[np.str_],
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> Floats:
    """P(fake) of each clip by a fit to other groups, (n,); ``table`` is (n, columns)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probability = np.empty(len(fake))
    for kept, held in folds:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
        weights = balanced_group_weights(sources[kept], groups[kept], fake[kept])
        model.fit(table[kept], fake[kept], logisticregression__sample_weight=weights)
        probability[held] = model.predict_proba(table[held])[:, 1]
    return probability
