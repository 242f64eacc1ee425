"""A training run in a folder of its own: Keras fits, this file keeps what a resume needs.

An epoch of Keras is here the stretch between two reports, so that figures, validation and
checkpoints fall on the same steps in a run that was killed and in one that was not. Batches
are a pure function of (seed, step); everything else that moves is in the checkpoint: weights
with the seeds of dropout, the optimizer with its step count, which is the place in the
schedule, the weight average, and what early stopping has seen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.pipeline import training_batches
from training.fit import backend, checkpoint, record
from training.fit.early_stopping import EarlyStopping
from training.fit.feed import feed
from training.fit.history import History
from training.fit.stretches import Stretch, stretches
from training.fit.trainee import Trainee, layer_counts
from training.fit.validation import Validate
from training.fit.watch import Interval, Watch
from training.networks import Network, find_network
from training.networks.weights import load_weights
from training.recipes import Recipe

AVERAGED = "model.keras"
CHECKPOINT_EVERY_S = 600.0  # what a kill may cost


class Run:
    """One training run; made in a folder that holds a checkpoint, it continues from there.

    ``recipe`` counts in steps (:meth:`Recipe.planned`). Raises :class:`ConfigurationError` when the
    folder's run had another recipe, or weights do not fit.
    """

    def __init__(self, recipe: Recipe, folder: Path, *, network: Network | None = None) -> None:
        self.recipe, self.folder, self.step, self.stopped = recipe, folder, 0, False
        folder.mkdir(parents=True, exist_ok=True)
        state = checkpoint.load(folder)
        _check_recipe(recipe, state, folder)
        self._stopping = EarlyStopping(recipe.early_stopping) if recipe.early_stopping else None
        self.trainee = Trainee(recipe, network or find_network(recipe.network))
        self.weights_from = self._load(state)

    @property
    def finished(self) -> bool:
        """Whether no step is left, or early stopping has ended the run."""
        return self.stopped or self.step >= self.recipe.total_steps

    def fit(
        self,
        samples: Sequence[Sample],
        *,
        validate: Validate | None = None,
        report_every: int = 20,
        checkpoint_every_s: float = CHECKPOINT_EVERY_S,
        show: Callable[[str], None] = print,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Train from where the run stands to its end; ``report_every`` is in steps.

        A checkpoint is written with the first report after ``checkpoint_every_s`` seconds, and at
        the end: it holds all weights, the optimizer and the average, which is hundreds of megabytes
        for a large network. ``clock`` gives seconds.

        Raises :class:`ConfigurationError` when early stopping has nothing to watch, or the
        loss is no number.
        """
        if self._stopping is not None and validate is None:
            raise ConfigurationError(
                "The recipe stops early on the validation loss, and there are no validation "
                "pictures: add valid/ to the data, or train with --set early_stopping=null."
            )
        recipe = self.recipe
        sampler = Sampler(samples, recipe.mixture, batch_size=recipe.batch_size, seed=recipe.seed)
        history = History(self.folder, self.step)
        watch = Watch(
            self.trainee, self._stopping, history, step=self.step, validate=validate,
            checkpoints=Interval(checkpoint_every_s, clock), save=self._save, show=show,
        )  # fmt: skip
        for stretch in stretches(
            self.step, recipe.total_steps, report_every, border=recipe.early_steps
        ):
            if not self.finished:
                self._fit(stretch, sampler, watch)
        self._save_network()

    def describe(self) -> str:
        """What starts here, in words: recipe, weights, what trains, how it computes."""
        recipe, layers = self.recipe, layer_counts(self.trainee.model)
        return "\n".join(
            (
                f"recipe: {recipe.name}, network {recipe.network}, {recipe.total_steps} steps of "
                f"{recipe.batch_size}, {recipe.schedule} rate {recipe.learning_rate:g}",
                self.weights_from,
                f"layers: {layers['trainable']} of {layers['layers']} train, "
                f"{layers['trainable_parameters']:,} parameters",
                f"computes: {self.trainee.precision}, {backend.describe()}",
            )
        )

    def note(self, samples: Sequence[Sample], valid: Sequence[Sample]) -> None:
        """Write ``run.json``."""
        trainee = self.trainee
        fields = {
            "recipe": self.recipe.to_json(),
            "output": "logit",
            "classes": {"0": "real", "1": "fake"},
            "layers": layer_counts(trainee.model),
            "pictures": {"train": record.counts(samples), "valid": record.counts(valid)},
        }
        start = {
            "step": self.step,
            "weights": self.weights_from,
            "precision": trainee.precision,
        }
        record.write(self.folder, fields, start)

    def _fit(self, stretch: Stretch, sampler: Sampler, watch: Watch) -> None:
        batches = training_batches(
            sampler, self.recipe.augmentation, self.recipe.size_at,
            first_step=stretch.first, last_step=stretch.last, seed=self.recipe.seed,
            scaling=self.trainee.network.scaling,
        )  # fmt: skip
        self.trainee.model.fit(
            feed(batches),
            epochs=stretch.reports,
            steps_per_epoch=stretch.steps_per_report,
            class_weight=_class_weights(self.recipe, sampler),
            callbacks=[watch.callback()],
            shuffle=False,  # the sampler has
            verbose=0,
        )

    def _load(self, state: checkpoint.State | None) -> str:
        """Fill the network from the recipe's weights or the checkpoint; says which."""
        if state is None:
            told = load_weights(self.trainee.network, self.trainee.model, self.recipe.weights)
            self.trainee.start_average()
            return told
        self.trainee.restore(state.arrays)
        counters = json.loads(state.counters)
        self.step, self.stopped = state.step, bool(counters["stopped"])
        if self._stopping is not None:
            self._stopping.resume(counters["early_stopping"], list(state.arrays.get("best", [])))
        return f"weights: those of this run after step {state.step}"

    def _save(self, step: int, stopped: bool) -> None:
        """Write the checkpoint, whole or not at all, and the network as it would end here."""
        self.step, self.stopped = step, stopped
        counters: dict[str, Any] = {"stopped": stopped}
        arrays = self.trainee.arrays()
        if self._stopping is not None:
            counters["early_stopping"] = self._stopping.to_json()
            arrays["best"] = self._stopping.best
        recipe = json.dumps(self.recipe.to_json(), sort_keys=True)
        state = checkpoint.State(step, recipe, arrays, json.dumps(counters))
        checkpoint.save(self.folder, state)
        self._save_network()

    def _save_network(self) -> None:
        """Write ``model.keras``: the best weights of early stopping, else the average."""
        model = self.trainee.averaged_model()
        if self._stopping is not None and self._stopping.best:
            model.set_weights(self._stopping.best)
        temporary = self.folder / f"part.{AVERAGED}"
        model.save(temporary, include_optimizer=False)
        temporary.replace(self.folder / AVERAGED)


def _check_recipe(recipe: Recipe, state: checkpoint.State | None, folder: Path) -> None:
    if state is None:
        return
    here, there = recipe.to_json(), json.loads(state.recipe)
    differ = [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
    if differ:
        told = ", ".join(f"{n} ({there.get(n)!r} there, {here.get(n)!r} here)" for n in differ)
        raise ConfigurationError(
            f"{folder} holds a run with another recipe: {told}. Resume with that one, or start "
            "in an empty folder."
        )


def _class_weights(recipe: Recipe, sampler: Sampler) -> dict[int, float] | None:
    """Label to weight in the loss; a mixture is balanced as it is."""
    if recipe.class_weights == "balanced":
        return sampler.class_counts.weights() if recipe.mixture is None else None
    return dict(enumerate(recipe.class_weights)) if recipe.class_weights else None
