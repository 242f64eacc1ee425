"""A tiny bundle, real pictures, the command in this process, and a service in others."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import CliRunner, Result
from skimage import data as pictures

from core.model.bundle import SelfTest, load_bundle
from core.model.detector import self_test_tensor
from core.model.runtimes import load_detector
from deepfake.stack.child_process import child_environment
from tests.core.bundle_factory import write_bundle

START_LIMIT_S = 120.0

RunCommand = Callable[..., Result]


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that judges brightness; made in a second, without TensorFlow."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tiny").path


@pytest.fixture(scope="session")
def verified_bundle(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a self-test, as every imported bundle has one."""
    detector = load_detector(load_bundle(tiny_bundle))
    answer = float(detector.runtime.predict(self_test_tensor(detector.bundle, 1)).raw[0])
    stored = SelfTest(seed=1, raw_output=answer, tolerance=0.05)
    return write_bundle(tmp_path_factory.mktemp("bundles") / "tested", self_test=stored).path


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph with one face."""
    file = tmp_path_factory.mktemp("media") / "portrait.jpg"
    cv2.imwrite(str(file), cv2.cvtColor(pictures.astronaut(), cv2.COLOR_RGB2BGR))
    return file


@pytest.fixture(scope="session")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph without a face."""
    file = tmp_path_factory.mktemp("media") / "coffee.png"
    cv2.imwrite(str(file), cv2.cvtColor(pictures.coffee(), cv2.COLOR_RGB2BGR))
    return file


@pytest.fixture
def run() -> RunCommand:
    """The command line, in this process."""

    def invoke(*arguments: object, **options: Any) -> Result:
        from deepfake.cli import cli

        return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="deepfake", **options)

    return invoke


class Serving:
    """``deepfake serve`` as a child of the test, with all that it printed."""

    def __init__(self, log: Path, *arguments: object, environment: dict[str, str] | None = None):
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "deepfake", "serve", *map(str, arguments)],
                # One job at a time: each more costs the start of another decoder.
                env=child_environment({"DEEPFAKE_CONCURRENCY": "1", **(environment or {})}),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.output):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} was not printed:\n{self.output}")

    @property
    def url(self) -> str:
        return self.wait_for(r"Ready after [\d.]+ s: (\S+)").group(1)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def start_serving(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """Start services; what still runs after the test is stopped."""
    started: list[Serving] = []

    def start(*arguments: object, **options: Any) -> Serving:
        started.append(Serving(tmp_path / f"serve-{len(started)}.log", *arguments, **options))
        return started[-1]

    yield start
    for serving in started:
        serving.end()


@pytest.fixture(scope="session")
def service_url(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One running service for all tests that only use it."""
    log = tmp_path_factory.mktemp("service") / "serve.log"
    serving = Serving(log, "--port", 0, "--model", tiny_bundle)
    try:
        yield serving.url
    finally:
        serving.end()
