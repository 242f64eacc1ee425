"""The library that Keras computes with, TensorFlow, JAX or PyTorch, and in which numbers.

Keras chooses it once a process, by ``KERAS_BACKEND`` or its own settings file, by default
TensorFlow. Whatever differs between the three while training is in this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

import numpy as np

from core.errors import ConfigurationError
from core.model.runtimes.quiet import import_tensorflow
from training.recipes import Recipe

TENSORFLOW, JAX, TORCH = "tensorflow", "jax", "torch"
_TRAINING = (TENSORFLOW, JAX, TORCH)
_ADVICE = f"Set KERAS_BACKEND to one that is installed of {', '.join(_TRAINING)}."


def import_backend() -> str:
    """Import Keras and its backend; returns the backend's name.

    TensorFlow is imported first, without its log lines, wherever it is installed: Keras imports it
    beside every backend. Raises :class:`ConfigurationError` when the backend is not installed or
    cannot train.
    """
    try:
        if find_spec(TENSORFLOW) is not None:
            import_tensorflow()
        import_module("keras")
    except (ImportError, ValueError) as error:
        raise ConfigurationError(f"Keras cannot be imported: {error}. {_ADVICE}") from error
    if name() not in _TRAINING:
        raise ConfigurationError(f"Keras cannot train with the backend {name()!r}. {_ADVICE}")
    return name()


def name() -> str:
    """``tensorflow``, ``jax`` or ``torch``."""
    import keras

    return str(keras.backend.backend())


def version() -> str:
    """The version of the backend's package."""
    return str(import_module(name()).__version__)


def gpus() -> list[str]:
    """What the visible GPUs are called by their makers; the first is the one that trains."""
    library = import_module(name())
    if name() == TENSORFLOW:
        details = library.config.experimental.get_device_details
        found = map(details, library.config.list_physical_devices("GPU"))
        return [str(each.get("device_name", "GPU")) for each in found]
    if name() == JAX:
        return [device.device_kind for device in library.devices() if device.platform == "gpu"]
    return [library.cuda.get_device_name(i) for i in range(library.cuda.device_count())]


def describe() -> str:
    """The backend and the device of a run, in words."""
    names = gpus()
    told = f"{name()} {version()} on {names[0] if names else 'the CPU'}"
    return f"{told}, one of {len(names)} GPUs" if len(names) > 1 else told


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors as one call into the backend, without gradients.

    PyTorch runs it operation by operation.
    """
    library = import_module(name())
    if name() == TENSORFLOW:
        made = library.function(function, jit_compile=False)
    else:
        made = library.jit(function) if name() == JAX else library.no_grad()(function)
    return cast("Callable[..., Any]", made)


def compiles_steps() -> bool:
    """Whether Keras is to compile a training step by XLA: JAX has no other way.

    On a CPU it made a step of TensorFlow seven times slower.
    """
    return name() == JAX


def bring_weights(model: Any) -> None:
    """Make the variables of a ``keras.Model`` current in the middle of ``fit``.

    JAX keeps the state of training apart from them until an epoch ends.
    """
    if name() == JAX:
        model.jax_state_sync()


def seed_step(seed: int, step: int) -> None:
    """Make the chance in a step a function of (seed, step), where no variable holds its state.

    Dropout of PyTorch draws from one generator of the process, which no checkpoint has.
    """
    if name() == TORCH:
        (state,) = np.random.SeedSequence([seed, step]).generate_state(1)
        import_module(TORCH).manual_seed(int(state))


def precision_of(recipe: Recipe) -> str:
    """The Keras dtype policy of a run: ``auto`` is mixed_float16 on a GPU, else float32."""
    if recipe.precision != "auto":
        return recipe.precision
    return "mixed_float16" if gpus() else "float32"


@contextmanager
def dtype_policy(policy: str) -> Iterator[None]:
    """Layers made inside compute by it, their variables in float32; then the old one is back."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
