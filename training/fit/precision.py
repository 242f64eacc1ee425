"""Which numbers a network computes with; its variables and its logits stay float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from training.fit import backend
from training.recipes import Recipe


def resolve(recipe: Recipe) -> str:
    """The Keras dtype policy of a run: ``auto`` is mixed_float16 on a GPU, else float32."""
    if recipe.precision != "auto":
        return recipe.precision
    return "mixed_float16" if backend.gpus() else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside compute by that policy; the process's own comes back afterwards."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
