"""A trained network becomes a bundle, and a real worker says what Keras says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from core.evidence import ExtractOptions
from core.faces.detector import load_face_detector
from core.model import preprocess
from core.model.bundle import Bundle, load_bundle
from core.model.runtimes import load_detector
from core.model.sigmoid import sigmoid
from core.pipeline.extraction import extract
from tests.e2e.films import face_image
from tests.e2e.service import Service, service
from tests.training.pictures import CentreFace, tiny_network, write_data
from tests.training.trained_networks import SIZE, striped

pytest.importorskip("tensorflow")
pytest.importorskip("nncf")

ROUNDED = 1e-4  # results carry four decimals


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle and the Keras network that it was made of."""

    bundle: Bundle
    model: Any

    def keras(self, jpegs: list[bytes]) -> float:
        """P(fake) of one crop by the network before its export, calibrated by hand."""
        spec, platt = self.bundle.manifest.input, self.bundle.manifest.calibration
        assert platt is not None
        tensor = preprocess.from_jpegs(jpegs, size=SIZE, scaling=spec.scaling)
        logit = self.model(tensor, training=False).numpy()[:, 0].astype(np.float64)
        return float(sigmoid(platt.slope * logit + platt.intercept)[0])

    def detector(self, runtime: str, jpegs: list[bytes]) -> float:
        """P(fake) of one crop by a runtime in this process."""
        return float(load_detector(self.bundle, runtime=runtime).probability(jpegs)[0])


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    from training.calibrate.calibration import Wanted
    from training.data.cache import load_samples
    from training.data.manifest import Split, read_pictures
    from training.export.keras_network import KerasNetwork
    from training.export.publish import Origin, publish

    pictures = read_pictures(write_data(tmp_path_factory.mktemp("data")), Split.TRAIN)
    samples = load_samples(pictures, tmp_path_factory.mktemp("cache"), CentreFace).samples
    network, folder = tiny_network(), tmp_path_factory.mktemp("bundles") / "tiny-v1"
    model, origin = striped(network), Origin("1.0.0", "stripes made in code", "MIT")
    few = Wanted(0.3, 0.3)  # of twelve pictures of each class
    exported = KerasNetwork(model, network)
    publish(exported, folder, samples, origin=origin, wanted=few, trained_on=samples)
    return Exported(load_bundle(folder), model)


def test_a_worker_and_a_scan_give_the_scores_of_keras(exported: Exported, own_folder: Path) -> None:
    evidence = extract(face_image(), ExtractOptions(crop_size=SIZE), load_face_detector())
    crop = [each.jpeg for each in evidence.crops]
    expected = exported.keras(crop)
    assert 0.02 < expected < 0.98  # else agreement would mean nothing
    int8 = exported.detector("openvino-int8", crop)
    assert int8 == pytest.approx(expected, abs=0.3)  # one convolution of 8 bits: coarse
    with service(own_folder, workers=0, model=exported.bundle.path) as running:
        for runtime, answer in (("openvino-fp32", expected), ("openvino-int8", int8)):
            result = _judged_by(running, runtime)
            assert result["model"]["sha256"] == exported.bundle.sha256
            assert result["model"]["runtime"] == runtime
            assert result["fake_probability"] == pytest.approx(answer, abs=ROUNDED)
    scanned = _scan(exported.bundle.path, own_folder / "portrait.jpg")
    assert scanned["fake_probability"] == pytest.approx(expected, abs=ROUNDED)


def _judged_by(running: Service, runtime: str) -> dict[str, Any]:
    worker = running.start_worker(runtime=runtime)
    job = running.judge(face_image())
    worker.kill()
    worker.wait()
    assert job["status"] == "succeeded", job
    return dict(job["result"])


def _scan(bundle: Path, file: Path) -> dict[str, Any]:
    from deepfake.cli import cli

    file.write_bytes(face_image())
    command = ["scan", str(file), "--json", "--model", str(bundle), "--runtime", "openvino-fp32"]
    told = CliRunner().invoke(cli, command)
    assert told.exit_code == 0, told.output
    return dict(json.loads(told.stdout)["result"])
