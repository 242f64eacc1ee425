"""How far a running job has come: noted here, written with the next renewal of its lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.media.sniff import Kind
from core.model.crop_scores import CropScores
from core.pipeline.judgement import Scorer
from core.store.records import Job, Progress
from worker.lease import RunningJob


def frames_of(job: Job) -> int:
    """How many frames are to be decoded, as far as that is known before the file is opened."""
    return job.options.frames if job.media.kind == Kind.VIDEO else 1


def frame_counter(running: RunningJob) -> Callable[[int], None]:
    """What the decoder calls with the number of frames that are done."""
    expected = frames_of(running.job)
    running.progress = Progress("decode", 0, expected)

    def count(done: int) -> None:
        # An image may turn out to be an animation, which has more frames than one.
        total = expected if done <= expected else running.job.options.frames
        running.progress = Progress("decode", done, total)

    return count


class CountedScorer:
    """A :class:`Scorer` for one job, which notes how many of its crops are scored.

    It asks for ``at_once`` crops at a time, which is what one run of the network takes anyway,
    and between two of them it hears that the job was canceled or lost.
    """

    def __init__(self, scorer: Scorer, running: RunningJob, *, at_once: int) -> None:
        self._scorer = scorer
        self._running = running
        self._at_once = at_once

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:
        """See :meth:`Scorer.score`; raises what ``RunningJob.check`` does as well."""
        total, parts = len(jpegs), []
        self._running.progress = Progress("infer", 0, total)
        for start in range(0, total, self._at_once):
            self._running.check()
            part = jpegs[start : start + self._at_once]
            parts.append(self._scorer.score(part, maps=maps))
            self._running.progress = Progress("infer", start + len(part), total)
        return CropScores.joined(parts) if parts else CropScores.none()
