from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.pictures import CentreFace, write_data
from training.data.cache import Sample, load_samples
from training.data.manifest import Split, read_pictures


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def samples(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    pictures = read_pictures(data_dir, Split.TRAIN)
    return load_samples(pictures, tmp_path_factory.mktemp("cache"), CentreFace).samples


@pytest.fixture(scope="session")
def inception_resnet_v2() -> Any:
    """The network with random weights, built once for all tests: 10 to 15 s."""
    pytest.importorskip("tensorflow")
    from training.networks.inception_resnet_v2 import build

    return build(96)
