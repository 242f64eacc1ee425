"""What happens between the steps of a run: the average, figures, early stopping, checkpoints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import ConfigurationError
from training.fit import backend
from training.fit.early_stopping import EarlyStopping
from training.fit.history import History, Row
from training.fit.optimizers import build_schedule, learning_rate_at
from training.fit.trainee import Trainee
from training.fit.validation import Figures, Validate


@dataclass(slots=True)
class Interval:
    """So many seconds of a clock; it begins when it is made."""

    seconds: float
    clock: Callable[[], float]
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return self.clock() - self._since >= self.seconds

    def restart(self) -> None:
        """Begin again now."""
        self._since = self.clock()


class Watch:
    """Called by Keras through a callback; counts the steps.

    ``save`` writes the files of the run after so many steps, and whether it was stopped early.
    """

    def __init__(
        self,
        trainee: Trainee,
        stopping: EarlyStopping | None,
        history: History,
        *,
        step: int,
        validate: Validate | None,
        checkpoints: Interval,
        save: Callable[[int, bool], None],
        show: Callable[[str], None],
    ) -> None:
        self._trainee, self._recipe, self._stopping = trainee, trainee.recipe, stopping
        self._history, self._validate, self._save, self._show = history, validate, save, show
        self._checkpoints, self._clock = checkpoints, checkpoints.clock
        self._schedule = build_schedule(self._recipe)
        self.step, self.stopped = step, False
        self._reported, self._started = step, self._clock()

    def callback(self) -> Any:
        """The ``keras.callbacks.Callback`` that calls this."""
        import keras

        return keras.callbacks.LambdaCallback(
            on_epoch_begin=self._begin,
            on_train_batch_begin=self._step_begins,
            on_train_batch_end=self._step_taken,
            on_epoch_end=self._end,
        )

    def _begin(self, _epoch: int, _logs: object = None) -> None:
        self._started, self._reported = self._clock(), self.step

    def _step_begins(self, _batch: int, logs: object = None) -> None:  # noqa: ARG002 - Keras' name
        backend.seed_step(self._recipe.seed, self.step)

    def _step_taken(self, _batch: int, logs: object = None) -> None:  # noqa: ARG002 - Keras' name
        self._trainee.step_taken(self.step)
        self.step += 1

    def _end(self, _epoch: int, logs: Mapping[str, float]) -> None:
        seconds = (self._clock() - self._started) / (self.step - self._reported)
        self._check(logs["loss"])
        figures = self._figures()
        row = Row(
            step=self.step,
            size_px=self._recipe.size_at(self.step - 1),
            learning_rate=learning_rate_at(self._schedule, self.step - 1),
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            images_per_s=self._recipe.batch_size / seconds,
            valid_loss=figures.loss if figures else None,
            valid_accuracy=figures.accuracy if figures else None,
            valid_auc=figures.auc if figures else None,
        )
        self._history.add(row)
        self._show(row.line(self._recipe.total_steps, seconds))
        if figures or self._at_end:
            self._history.draw()
        if figures and self._stopping:
            weights = self._trainee.averaged_weights
            self.stopped = self._stopping.saw(figures.loss, self.step, weights)
        if self.stopped:
            self._trainee.model.stop_training = True
        if self.stopped or self._at_end or self._checkpoints.over:
            self._save(self.step, self.stopped)
            self._checkpoints.restart()

    def _check(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise ConfigurationError(
                f"The loss is {loss} between steps {self._reported} and {self.step}; lower the "
                f"learning rate ({self._recipe.learning_rate:g}). The checkpoint before stays."
            )

    def _figures(self) -> Figures | None:
        every = self._recipe.validate_every
        if self._validate is None or every is None:
            return None
        # A multiple of ``every`` may lie between two reports.
        if self.step // every == self._reported // every and not self._at_end:
            return None
        return self._validate(self._trainee.averaged_model())

    @property
    def _at_end(self) -> bool:
        return self.step == self._recipe.total_steps
