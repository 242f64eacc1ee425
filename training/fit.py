"""The training loop: AdamW, cosine with warm-up, averaged weights, exact resume."""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

import csv
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import preprocess
from core.errors import ConfigurationError
from training import checkpoint
from training.data.batches import Batch, Loader, Sampler
from training.data.cache import Sample
from training.evaluation.metrics import auc
from training.networks import Head, Network, find_network
from training.networks.weights import load_weights
from training.recipe import Recipe

HISTORY = "history.csv"
AVERAGED = "model.keras"
CHECKPOINT_EVERY = 100
COLUMNS = ("step", "size_px", "learning_rate", "loss", "images_per_s", "valid_auc")

Validate = Callable[[Any], float]  # keras.Model -> one figure, higher is better


class Run:
    """One training run in a folder of its own; it continues from a checkpoint there."""

    def __init__(self, recipe: Recipe, folder: Path, *, network: Network | None = None) -> None:
        import keras

        self.recipe, self.folder = recipe, folder
        self.network = network or find_network(recipe.network)
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(recipe.seed)
        self.model = self.network.build(None, Head(recipe.dropout))
        self._load_weights()
        self.network.freeze(self.model, recipe.freeze_until)
        if recipe.freeze_norm:
            _freeze_norm(self.model)
        self.optimizer = keras.optimizers.AdamW(
            recipe.learning_rate, weight_decay=recipe.weight_decay, global_clipnorm=5.0
        )
        self.optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self.optimizer.build(self.model.trainable_variables)
        self.average = checkpoint.values_of(self.model.variables)
        self.step = 0
        self._resume()
        self._train_step = _compile_step(self.model, self.optimizer, recipe.label_smoothing)

    def fit(
        self,
        samples: Sequence[Sample],
        *,
        validate: Validate | None = None,
        validate_every: int = 400,
        stop_after: int | None = None,
        out: Any = sys.stdout,
    ) -> None:
        """Train from where the run stands to its last step, or for ``stop_after`` steps."""
        recipe = self.recipe
        sampler = Sampler(samples, recipe.mixture, batch_size=recipe.batch_size, seed=recipe.seed)
        loader = Loader(sampler, recipe.augmentation, seed=recipe.seed)
        last = min(recipe.steps, self.step + (stop_after or recipe.steps))
        steps = range(self.step, last)
        pace: deque[float] = deque([time.monotonic()], maxlen=21)
        losses: deque[float] = deque(maxlen=50)
        for batch in loader.batches(steps, [recipe.size_at(step) for step in steps]):
            losses.append(self.train(batch))
            pace.append(time.monotonic())
            speed = recipe.batch_size * (len(pace) - 1) / (pace[-1] - pace[0])
            done = self.step == last
            figure = None
            if validate is not None and (self.step % validate_every == 0 or done):
                figure = validate(self.averaged_model())
                pace.clear()
                pace.append(time.monotonic())
            if self.step % 20 == 0 or done or figure is not None:
                self._report(batch, float(np.mean(losses)), speed, figure, out)
            if self.step % CHECKPOINT_EVERY == 0 or done:
                self.save()

    def train(self, batch: Batch) -> float:
        """Take one step and fold the weights into their average; returns the loss."""
        self.optimizer.learning_rate = self.recipe.learning_rate_at(self.step)
        tensor = preprocess.to_tensor(batch.crops, self.network.scaling)
        loss = float(self._train_step(tensor, batch.fake))
        if not np.isfinite(loss):
            raise ConfigurationError(
                f"The loss is {loss} at step {self.step}; lower the learning rate "
                f"({self.recipe.learning_rate:g})."
            )
        decay = self.recipe.ema_at(self.step)
        for index, variable in enumerate(self.model.variables):
            if np.issubdtype(self.average[index].dtype, np.floating):
                self.average[index] += (1 - decay) * (variable.numpy() - self.average[index])
        self.step += 1
        return loss

    def averaged_model(self) -> Any:
        """A copy of the network with the averaged weights, its picture size the recipe's."""
        model = self.network.build(self.recipe.size, Head(self.recipe.dropout))
        checkpoint.restore(model.variables, self.average, "averaged weights")
        return model

    def save(self) -> None:
        """Write the checkpoint and the averaged network (no optimizer state in that one)."""
        state = checkpoint.State(
            self.step,
            json.dumps(self.recipe.to_json(), sort_keys=True),
            checkpoint.values_of(self.model.variables),
            checkpoint.values_of(self.optimizer.variables),
            self.average,
        )
        checkpoint.save(self.folder, state)
        self.averaged_model().save(self.folder / AVERAGED)

    def _load_weights(self) -> None:
        load_weights(self.network, self.model, self.recipe.weights)

    def _resume(self) -> None:
        state = checkpoint.load(self.folder)
        if state is None:
            return
        if state.recipe != json.dumps(self.recipe.to_json(), sort_keys=True):
            raise ConfigurationError(
                f"{self.folder} holds a run with another recipe; resume with that one, "
                "or start in an empty folder."
            )
        checkpoint.restore(self.model.variables, state.model, "network")
        checkpoint.restore(self.optimizer.variables, state.optimizer, "optimizer")
        self.average, self.step = state.average, state.step

    def _report(
        self, batch: Batch, loss: float, speed: float, figure: float | None, out: Any
    ) -> None:
        rate = self.recipe.learning_rate_at(batch.step)
        shown = "" if figure is None else f"  valid AUC {figure:.4f}"
        print(
            f"step {self.step}/{self.recipe.steps}  {batch.crops.shape[1]} px  "
            f"loss {loss:.4f}  rate {rate:.2e}  {speed:.1f} images/s{shown}",
            file=out,
            flush=True,
        )
        file = self.folder / HISTORY
        new = not file.exists()
        with file.open("a", newline="") as stream:
            rows = csv.writer(stream)
            if new:
                rows.writerow(COLUMNS)
            score = "" if figure is None else f"{figure:.5f}"
            rows.writerow(
                (
                    self.step,
                    batch.crops.shape[1],
                    f"{rate:.6g}",
                    f"{loss:.5f}",
                    f"{speed:.2f}",
                    score,
                )
            )


def validator(samples: Sequence[Sample], network: Network, *, size: int) -> Validate:
    """A figure for a run: the mean over sources with fakes of their AUC on ``samples``.

    The fakes of a source without reals are compared with the reals of all sources.
    """
    crops = [sample.crop(size) for sample in samples]
    fake = np.array([sample.picture.fake for sample in samples])
    names = np.array([sample.picture.source for sample in samples])
    compared = []
    for name in sorted(set(names[fake].tolist())):
        reals = ~fake & (names == name)
        compared.append((fake & (names == name)) | (reals if reals.any() else ~fake))

    def validate(model: Any) -> float:
        logits = predict_logits(model, crops, network)
        return float(np.mean([auc(fake[some], logits[some]) for some in compared]))

    return validate


def predict_logits(
    model: Any, crops: Sequence[NDArray[np.uint8]], network: Network, batch_size: int = 50
) -> NDArray[np.float64]:
    """Logits of (size, size, 3) uint8 crops, (n,) float64."""
    parts = []
    for start in range(0, len(crops), batch_size):
        tensor = preprocess.to_tensor(
            np.stack(list(crops[start : start + batch_size])), network.scaling
        )
        parts.append(model(tensor, training=False).numpy().astype(np.float64).reshape(-1))
    return np.concatenate(parts) if parts else np.empty(0)


def _freeze_norm(model: Any) -> None:
    """Keep the statistics, scale and shift of every BatchNormalization; it infers in training."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _compile_step(model: Any, optimizer: Any, smoothing: float) -> Callable[[Any, Any], Any]:
    import tensorflow as tf

    crops = tf.TensorSpec((None, None, None, 3), tf.float32)
    labels = tf.TensorSpec((None,), tf.float32)

    @tf.function(input_signature=(crops, labels), jit_compile=False)  # type: ignore[untyped-decorator]
    def train_step(x: Any, fake: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)[:, 0]
            target = fake * (1 - smoothing) + 0.5 * smoothing
            loss = tf.reduce_mean(
                tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return train_step  # type: ignore[no-any-return]
