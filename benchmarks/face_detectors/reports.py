"""Recall, false positives and time, as Markdown tables."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.face_detectors.blazeface import THREADS
from benchmarks.face_detectors.candidates import Candidate
from benchmarks.face_detectors.scenes import Detect, Pixels, Scene, agrees, pieces
from core.faces import Face


def in_the_middle(face: Face) -> bool:
    across = abs(face.box.left + face.box.width / 2 - 0.5)
    down = abs(face.box.top + face.box.height / 2 - 0.5)
    return across < 0.2 and down < 0.25 and face.box.width > 0.2


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
