"""The optimizer and the learning-rate schedule of a recipe; both are Keras'.

The position in the schedule is the optimizer's own step count, which is part of its state:
a resumed run goes on with the rate it would have had.
"""

from __future__ import annotations

from typing import Any

from training.recipes import Recipe


def build_optimizer(recipe: Recipe) -> Any:
    """Return an unbuilt ``keras.optimizers.Optimizer``."""
    import keras

    options = {"learning_rate": build_schedule(recipe), "global_clipnorm": recipe.clip_norm}
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(**options)
    optimizer = keras.optimizers.AdamW(weight_decay=recipe.weight_decay, **options)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def build_schedule(recipe: Recipe) -> Any:
    """The rate itself where it is constant, else a ``LearningRateSchedule`` of Keras."""
    import keras

    rate, warm_up = recipe.learning_rate, recipe.warm_up_steps
    if recipe.schedule == "exponential":
        return keras.optimizers.schedules.ExponentialDecay(
            rate, recipe.decay_steps, recipe.decay_rate
        )
    if recipe.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(
            # A first step of rate zero would be wasted.
            rate / warm_up if warm_up else rate,
            max(1, recipe.total_steps - warm_up),
            warmup_target=rate if warm_up else None,
            warmup_steps=warm_up,
        )
    return rate


def learning_rate_at(schedule: Any, step: int) -> float:
    """The rate of a step, counted from 0."""
    return float(schedule(step)) if callable(schedule) else float(schedule)
