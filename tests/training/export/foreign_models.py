"""Classifiers as others build them: one function a structure, all for pictures of 32 x 32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SIZE = 32
Structure = Callable[[Any], Any]


def _base(keras: Any, name: str = "base") -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, strides=2, activation="relu", name="convolution")(picture)
    x = layers.BatchNormalization(name="normalisation")(x)
    return keras.Model(picture, layers.DepthwiseConv2D(3, name="depthwise")(x), name=name)


def _answer(keras: Any, picture: Any, x: Any) -> Any:
    return keras.Model(picture, keras.layers.Dense(1, activation="sigmoid")(x))


def sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([
        layers.Input((SIZE, SIZE, 3)), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip


def sequential_that_flattens(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([
        layers.Input((SIZE, SIZE, 3)), layers.Conv2D(4, 3, strides=4), layers.Flatten(),
        layers.Dense(8, activation="relu"), layers.Dropout(0.5),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip


def activation_in_a_layer(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([
        layers.Input((SIZE, SIZE, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(),
        layers.Dense(1), layers.Activation("sigmoid"),
    ])  # fmt: skip


def sequential_without_input(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([
        _base(keras), layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid")
    ])  # fmt: skip
    model.build((None, SIZE, SIZE, 3))
    return model


def sequentials_in_a_sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([
        layers.Input((SIZE, SIZE, 3)),
        keras.Sequential([layers.Conv2D(4, 3), layers.ReLU()]),
        keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(1, "sigmoid")]),
    ])  # fmt: skip


def softmax_over_two(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([
        layers.Input((SIZE, SIZE, 3)), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(),
        layers.Dense(2), layers.Softmax(),
    ])  # fmt: skip


def base_that_shares_names_with_the_head(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    base = _base(keras)
    base.trainable = False
    x = layers.GlobalAveragePooling2D()(base(picture, training=False))
    x = layers.Dense(8, activation="relu", name="convolution")(x)
    x = layers.BatchNormalization(name="normalisation")(x)
    return _answer(keras, picture, layers.Dropout(0.3)(x))


def head_that_is_a_model(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(1, "sigmoid")])
    return keras.Model(picture, head(_base(keras)(picture)))


def augmenting_inside(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)])(picture)
    return _answer(keras, picture, layers.GlobalAveragePooling2D()(_base(keras)(x)))


def two_branches(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.GlobalAveragePooling2D()(_base(keras, "one")(picture))
    y = layers.GlobalMaxPooling2D()(_base(keras, "two")(picture))
    return _answer(keras, picture, layers.concatenate([x, y]))


def one_base_called_twice(keras: Any) -> Any:
    layers = keras.layers
    picture, base = layers.Input((SIZE, SIZE, 3)), _base(keras)
    x, y = base(picture), base(layers.ReLU()(picture))
    return _answer(keras, picture, layers.GlobalAveragePooling2D()(layers.add([x, y])))


def batch_of_four(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input(batch_shape=(4, SIZE, SIZE, 3))
    return _answer(keras, picture, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(picture)))


def operators(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = keras.ops.mean(layers.Conv2D(4, 3)(picture * 2.0 - 1.0), axis=(1, 2))
    return keras.Model(picture, keras.ops.sigmoid(layers.Dense(1)(x)))


def attention(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.Reshape((-1, 4))(layers.Conv2D(4, 8, strides=8)(picture))
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 2)(x, x))
    return _answer(keras, picture, layers.GlobalAveragePooling1D()(x))


def swish(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.Activation("swish")(layers.Conv2D(4, 3)(picture))
    return _answer(keras, picture, layers.GlobalAveragePooling2D()(x))


def activation_before_flatten(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.GlobalAveragePooling2D(keepdims=True)(layers.Conv2D(4, 3)(picture))
    return keras.Model(picture, layers.Flatten()(layers.Conv2D(1, 1, activation="sigmoid")(x)))


def half_precision(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, dtype="mixed_float16")(picture)
    return _answer(keras, picture, layers.GlobalAveragePooling2D(dtype="mixed_float16")(x))


def half_precision_throughout(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, dtype="mixed_bfloat16")(picture)
    x = layers.GlobalAveragePooling2D(dtype="mixed_bfloat16")(x)
    x = layers.Dense(1, activation="sigmoid", dtype="mixed_bfloat16")(x)
    return keras.Model(picture, x)


def one_in_and_out_in_dictionaries(keras: Any) -> Any:
    layers = keras.layers
    picture = layers.Input((SIZE, SIZE, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(picture))
    return keras.Model({"a": picture}, {"b": layers.Dense(1, activation="sigmoid")(x)})


STRUCTURES: tuple[Structure, ...] = (
    sequential, sequential_that_flattens, activation_in_a_layer, sequential_without_input,
    sequentials_in_a_sequential, softmax_over_two, base_that_shares_names_with_the_head,
    head_that_is_a_model, augmenting_inside, two_branches, one_base_called_twice, batch_of_four,
    operators, attention, swish, activation_before_flatten, half_precision,
    half_precision_throughout, one_in_and_out_in_dictionaries,
)  # fmt: skip
# These are imported without a heat map; all others can explain themselves.
WITHOUT_A_MAP = (softmax_over_two, two_branches, operators, attention)
