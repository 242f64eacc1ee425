"""The order of things, with decoders that need no media."""
# ruff: noqa: ARG002

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core import jpeg
from core.errors import DecoderCrashed
from core.evidence import Evidence, ExtractOptions, FaceCrop, SampledFrame
from core.faces.face import Box
from core.media.limits import MediaInfo, MediaLimits
from core.media.sniff import Kind
from core.model.bundle import RuntimeName, load_bundle
from core.model.detector import Answers, Detector
from core.pipeline.judges import Judge, Judges
from core.provenance import Credentials, CredentialState, Provenance
from deepfake.scan.scanner import BATCH_CROPS, Scanner
from deepfake_client.outcome import Outcome

SIZE = 32


class CountingRuntime:
    """The mean of each picture, and how many came in each call."""

    name = RuntimeName.OPENVINO_FP32

    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict(self, tensor: NDArray[np.float32], *, maps: bool = False) -> Answers:
        self.calls.append(len(tensor))
        return Answers(np.asarray(tensor.mean((1, 2, 3)), np.float32))

    def explain(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(tensor.mean(3), np.float32)


class ScriptedDecoders:
    """Reads what to find from the file itself: ``faces grey delay_ms``, ``film 0`` or ``crash``."""

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,
        options: ExtractOptions,
        *,
        deadline_s: float,
        check: Callable[[], None] = lambda: None,
        on_frame: Callable[[int], None] = lambda _: None,
        on_provenance: Callable[[Provenance], None] | None = None,
    ) -> Evidence:
        if on_provenance is not None:
            on_provenance(Provenance(c2pa=Credentials(state=CredentialState.NONE), claims=[]))
        words = b"".join(chunks).decode().split()
        if words[0] == "crash":
            raise DecoderCrashed("The decoder was ended by SIGSEGV.")
        if words[0] == "hostile":
            return evidence([b"\xff\xd8 no picture"])
        if words[0] == "film":
            return evidence([jpeg.encode(np.zeros((SIZE, SIZE, 3), np.uint8))], Kind.VIDEO)
        faces, grey, delay_ms = map(int, words)
        until = time.monotonic() + delay_ms / 1000
        while time.monotonic() < until:
            check()
            time.sleep(0.005)
        return evidence([jpeg.encode(np.full((SIZE, SIZE, 3), grey, np.uint8))] * faces)


def evidence(jpegs: Sequence[bytes], kind: Kind = Kind.IMAGE) -> Evidence:
    crops = tuple(FaceCrop(Box(0, 0, 0.5, 0.5), 0.9, 0, 200, data) for data in jpegs)
    info = MediaInfo(kind, "jpeg", "jpeg", None, 64, 64)
    frames = tuple(SampledFrame(i, 0.0, True, (crop,)) for i, crop in enumerate(crops))
    return Evidence(info, 10, frames, 1.0, 1.0)


def judges(images: Detector, videos: Detector | None = None) -> Judges:
    one, *more = (
        Judge(each, each.bundle, each.runtime.name) for each in (images, videos) if each is not None
    )
    return Judges(one, more[0] if more else None)


@pytest.fixture
def runtime() -> CountingRuntime:
    return CountingRuntime()


@pytest.fixture
def scan(
    tmp_path: Path, tiny_bundle: Path, runtime: CountingRuntime
) -> Callable[..., list[Outcome]]:
    def judge(*scripts: str, max_bytes: int = 1000) -> list[Outcome]:
        files = []
        for number, script in enumerate(scripts):
            files.append(tmp_path / f"{number}")
            files[-1].write_text(script)
        options = ExtractOptions(crop_size=SIZE, limits=MediaLimits(max_bytes=max_bytes))
        detector = Detector(load_bundle(tiny_bundle), runtime)
        scanner = Scanner(judges(detector), ScriptedDecoders(), options, parallel=2, deadline_s=5)
        return list(scanner.scan(files))

    return judge


def test_outcomes_come_in_the_order_of_the_files(scan: Callable[..., list[Outcome]]) -> None:
    outcomes = scan("1 255 80", "1 0 0", "0 0 0", "1 255 0")
    assert [Path(o.file).name for o in outcomes] == ["0", "1", "2", "3"]
    results = [o.result for o in outcomes if o.result]
    assert [r["fake_probability"] for r in results] == [0.7311, 0.2689, None, 0.7311]
    assert results[2]["reasons"] == ["no_face"]
    assert [o.media["kind"] for o in outcomes if o.media] == ["image"] * len(results)


def test_crops_of_several_files_share_a_call_of_bounded_size(
    scan: Callable[..., list[Outcome]], runtime: CountingRuntime
) -> None:
    scan("1 9 100", "3 9 0", "3 9 0", "70 9 0")
    assert max(runtime.calls) <= BATCH_CROPS
    assert sum(runtime.calls) == 77
    assert len(runtime.calls) < 6


def test_a_crash_costs_one_line(scan: Callable[..., list[Outcome]]) -> None:
    first, crashed, last = scan("1 0 0", "crash", "1 0 0")
    assert crashed.error == {
        "code": "decoder_crashed", "message": "The decoder was ended by SIGSEGV.",
    }  # fmt: skip
    assert first.result is not None
    assert last.result is not None
    assert first.provenance == crashed.provenance == last.provenance
    assert first.provenance is not None


def test_a_forged_crop_fails_its_own_file_alone(scan: Callable[..., list[Outcome]]) -> None:
    outcomes = scan("1 0 60", "hostile", "1 0 0")
    assert [o.error and o.error["code"] for o in outcomes] == [None, "unreadable_media", None]


def test_empty_and_oversized_files_never_reach_a_decoder(
    scan: Callable[..., list[Outcome]],
) -> None:
    empty, large = scan("", "1 0 0" + " " * 100, max_bytes=50)
    assert empty.error is not None
    assert large.error is not None
    assert (empty.error["code"], large.error["code"]) == ("empty_media", "too_large")


def test_videos_and_images_are_scored_by_their_own_models_in_the_order_of_the_files(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    stills, films = CountingRuntime(), CountingRuntime()
    bundle = load_bundle(tiny_bundle)
    files = [tmp_path / str(number) for number in range(4)]
    for file, script in zip(files, ("film 0", "film 0", "1 255 0", "film 0"), strict=True):
        file.write_text(script)
    scanner = Scanner(
        judges(Detector(bundle, stills), Detector(bundle, films)),
        ScriptedDecoders(), ExtractOptions(), parallel=1, deadline_s=5,
    )  # fmt: skip
    outcomes = list(scanner.scan(files))
    assert [Path(outcome.file).name for outcome in outcomes] == ["0", "1", "2", "3"]
    assert (sum(stills.calls), sum(films.calls)) == (1, 3)


def test_a_file_that_is_gone_is_an_outcome(tiny_bundle: Path, tmp_path: Path) -> None:
    detector = Detector(load_bundle(tiny_bundle), CountingRuntime())
    options = ExtractOptions()
    scanner = Scanner(judges(detector), ScriptedDecoders(), options, parallel=1, deadline_s=5)
    (outcome,) = scanner.scan([tmp_path / "gone"])
    assert outcome.error is not None
    assert "No such file" in outcome.error["message"]


def test_stopping_early_stops_the_decoders(tiny_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "fast").write_text("1 0 0")
    (tmp_path / "slow").write_text("1 0 60000")
    detector = Detector(load_bundle(tiny_bundle), CountingRuntime())
    options = ExtractOptions(crop_size=SIZE)
    scanner = Scanner(judges(detector), ScriptedDecoders(), options, parallel=2, deadline_s=5)
    outcomes = scanner.scan([tmp_path / "fast", tmp_path / "slow"])
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("decode_")]
