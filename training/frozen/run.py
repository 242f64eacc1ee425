"""The folder of a run: what the head was fitted to, how, and the head itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from training.data.sample import Sample
from training.fit.record import FILE, code_and_packages, counts
from training.frozen.balance import mixture_weights
from training.frozen.extract import extract_features
from training.frozen.head import HEAD, Fitted, LinearHead, fit_heads
from training.frozen.store import FeatureStore
from training.frozen.strength import choose_strength, of_views
from training.frozen.tower import Tower
from training.frozen.views import Views
from training.recipes import FrozenRecipe

_PACKAGES = ("numpy", "openvino", "scikit-learn")


class Run:
    """A head on a frozen network, fitted by a recipe.

    Raises :class:`ConfigurationError` when the folder holds a run with another recipe.
    """

    def __init__(self, recipe: FrozenRecipe, folder: Path) -> None:
        self.recipe, self.folder = recipe, folder
        self.finished = (folder / HEAD).is_file()
        made = json.loads((folder / FILE).read_text())["recipe"] if self.finished else None
        if self.finished and made != recipe.to_json():
            raise ConfigurationError(
                f"{folder} holds a run with another recipe; repeat that one, or start in an empty "
                "folder. Features that were computed are kept in the cache either way."
            )

    def describe(self, tower: Tower) -> str:
        """What is fitted to what, in one line."""
        return (
            f"recipe: {self.recipe.name}, a linear head on the frozen {tower.name}, "
            f"1 clean and {self.recipe.augmented_views} augmented views of each picture"
        )

    def fit(
        self,
        tower: Tower,
        samples: Sequence[Sample],
        store: FeatureStore,
        *,
        show: Callable[[str], None],
    ) -> None:
        """Compute the features, choose the strength of the penalty, fit, and write the files."""
        recipe = self.recipe
        weights = mixture_weights(samples, recipe.mixture)
        views = Views(tower.size, recipe.margin, recipe.augmentation, recipe.seed)
        numbers = range(1 + recipe.augmented_views)
        features = extract_features(tower, samples, views, numbers, store, show=show)
        flat = features.reshape(*features.shape[:2], -1)
        choice = choose_strength(flat, samples, weights, recipe.strengths, show=show)
        show(f"head: {choice.describe()}")
        fake = np.array([sample.picture.fake for sample in samples], np.bool_)
        (head,) = fit_heads(*of_views(flat, fake, weights), (choice.strength,))
        self._write(tower, samples, head, choice.to_json())

    def _write(
        self, tower: Tower, samples: Sequence[Sample], head: LinearHead, choice: dict[str, Any]
    ) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {
            "recipe": self.recipe.to_json(),
            "tower": {"key": tower.key, "licence": tower.licence},
            "pictures": {"train": counts(samples)},
            "head": choice,
            "made": code_and_packages(_PACKAGES),
        }
        (self.folder / FILE).write_text(json.dumps(content, indent=2) + "\n")
        temporary = self.folder / "part.npz"
        np.savez(temporary, **asdict(head))
        temporary.replace(self.folder / HEAD)  # last: a run that has it is whole


def is_run(folder: Path) -> bool:
    """Whether the folder holds a run of this kind."""
    return (folder / HEAD).is_file()


def load_run(folder: Path) -> Fitted:
    """Read a run that :func:`is_run`."""
    content = json.loads((folder / FILE).read_text())
    with np.load(folder / HEAD) as saved:
        head = LinearHead(saved["kernel"], float(saved["bias"]))
    recipe = FrozenRecipe.model_validate(content["recipe"])
    tower_key, pictures = content["tower"]["key"], content["pictures"]["train"]
    return Fitted(recipe.network, recipe.margin, head, tower_key, pictures)
