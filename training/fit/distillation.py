"""Learning what other networks say of a picture, beside its label.

Hinton et al. 2015, arXiv:1503.02531: the answer of a teacher says more than a label, as how
doubtful a picture is. Student and teachers see the same crop, augmented alike.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import ConfigurationError
from core.model.bundle import LOGIT_OUTPUT
from training.networks.weights import load_network


def load_teachers(sources: Sequence[str], size: int) -> list[Any]:
    """The networks of those files; :class:`ConfigurationError` when one takes another size.

    A source is a ``.keras`` file, or ``FILE.keras:expert_0`` for one of a bundle's.
    """
    teachers = [load_network(source) for source in sources]
    for source, teacher in zip(sources, teachers, strict=True):
        side = teacher.input_shape[1]
        if side not in (None, size):
            raise ConfigurationError(
                f"The teacher {source} takes crops of {side} px and the run has {size}; give one "
                "that takes the same, or one with enlarge."
            )
    return teachers


def distilled(model: Any, teachers: Sequence[Any], share: float) -> Any:
    """The same network, weights shared, whose loss is towards ``teachers``.

    The target is ``share`` of the teachers' P(fake), the sigmoid of their mean logit, and the
    rest of the label.
    """
    import keras

    class Distilled(keras.Model):  # type: ignore[misc]
        def compute_loss(
            self,
            x: Any = None,
            y: Any = None,
            y_pred: Any = None,
            sample_weight: Any = None,
            training: bool = True,
        ) -> Any:
            logits = [_logit(teacher(x, training=False)) for teacher in teachers]
            told = keras.ops.sigmoid(keras.ops.mean(keras.ops.stack(logits), axis=0))[:, 0]
            target = share * told + (1 - share) * y
            return super().compute_loss(x, target, y_pred, sample_weight, training)

    return Distilled(model.input, model.output)


def _logit(answer: Any) -> Any:
    return answer[LOGIT_OUTPUT] if isinstance(answer, dict) else answer
