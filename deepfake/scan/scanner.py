"""Judging many files in this process: decoders ahead, the models behind."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from core.errors import DeepfakeError, UnreadableMedia
from core.evidence import Evidence, ExtractOptions
from core.media.sniff import Kind
from core.model.crop_scores import CropScores
from core.pipeline.judgement import Scorer, judge
from core.pipeline.judges import Judge, Judges
from core.pipeline.report import media_facts_of
from core.provenance import Provenance
from deepfake_client.outcome import Outcome

if TYPE_CHECKING:
    from worker.job_runner import Extractor

BATCH_CROPS = 32  # in one call of the model, as in a worker by default
_CHUNK_BYTES = 1024**2


class ScanStopped(Exception):
    """Raised inside decoders when the scan ends early."""


class Scanner:
    """Judges files in order; while one is scored, ``parallel`` others are decoded."""

    def __init__(
        self,
        judges: Judges,
        decoders: Extractor,
        options: ExtractOptions,
        *,
        parallel: int,
        deadline_s: float,
    ) -> None:
        self._judges = judges
        self._decoders = decoders
        self._options = judges.cutting(options)
        self._parallel = parallel
        self._deadline_s = deadline_s
        self._stop = Event()

    def scan(self, files: Sequence[Path]) -> Iterator[Outcome]:
        """An outcome a file, in order; crops of several files share a call of the model."""
        waiting: deque[Future[_Decoded]] = deque()
        rest = iter(files)
        threads = ThreadPoolExecutor(self._parallel, thread_name_prefix="decode")
        try:
            while True:
                # Evidence is small (JPEGs), so that a slow file need not hold up the others.
                while len(waiting) < 8 * self._parallel and (file := next(rest, None)):
                    waiting.append(threads.submit(self._decode, file))
                if not waiting:
                    return
                for _, alike in groupby(_take_done(waiting), self._judge_of):
                    yield from self._judge(list(alike))
        finally:
            self._stop.set()
            threads.shutdown(cancel_futures=True)

    def _decode(self, file: Path) -> _Decoded:
        told: list[Provenance] = []
        evidence: Evidence | DeepfakeError
        try:
            evidence = self._extract(file, told.append)
        except DeepfakeError as error:
            evidence = error
        return _Decoded(file, evidence, told[-1] if told else None)

    def _extract(self, file: Path, on_provenance: Callable[[Provenance], None]) -> Evidence:
        try:
            size = file.stat().st_size
            self._options.limits.check_bytes(size)
            return self._decoders.extract(
                _chunks(file),
                size,
                self._options,
                deadline_s=self._deadline_s,
                check=self._check,
                on_provenance=on_provenance,
            )
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnreadableMedia(f"{file} cannot be read: {reason}.") from error
        except ValueError as error:
            raise UnreadableMedia(f"{file} changed while it was read: {error}.") from error

    def _check(self) -> None:
        if self._stop.is_set():
            raise ScanStopped

    def _judge_of(self, item: _Decoded) -> Judge:
        """The model for a file; it does not matter which for one that was refused."""
        evidence = item.evidence
        return self._judges.of(
            evidence.media.kind if isinstance(evidence, Evidence) else Kind.IMAGE
        )

    def _judge(self, batch: Sequence[_Decoded]) -> Iterator[Outcome]:
        """Outcomes of files that one model judges."""
        found = [item for item in batch if isinstance(item.evidence, Evidence)]
        crops = [jpeg for item in found for jpeg in item.jpegs]
        started = time.perf_counter()
        try:
            scores = _score(self._judge_of(batch[0]).scorer, crops)
        except DeepfakeError as error:
            yield from self._judge_apart(batch, error)
            return
        crop_ms = (time.perf_counter() - started) * 1000 / max(len(crops), 1)
        position = 0
        for item in batch:
            end = position + len(item.jpegs)
            yield self._outcome(item, scores.part(position, end), crop_ms)
            position = end

    def _judge_apart(self, batch: Sequence[_Decoded], error: DeepfakeError) -> Iterator[Outcome]:
        """One bad crop fails the call for all: find out whose it is."""
        if len(batch) == 1:
            yield Outcome.failed(str(batch[0].file), error, batch[0].origin)
            return
        for item in batch:
            yield from self._judge([item])

    def _outcome(self, item: _Decoded, scores: CropScores, crop_ms: float) -> Outcome:
        if isinstance(item.evidence, DeepfakeError):
            return Outcome.failed(str(item.file), item.evidence, item.origin)
        by = self._judge_of(item)
        result = judge(item.evidence, _Scored(scores), by.bundle, by.runtime, {})
        result.timings_ms["infer"] = round(crop_ms * len(scores))  # its share of the batch
        media = media_facts_of(item.evidence)
        return Outcome(
            str(item.file), result=result.to_json(), media=media.to_json(), provenance=item.origin
        )


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A file after its decoder, which may have refused it."""

    file: Path
    evidence: Evidence | DeepfakeError
    provenance: Provenance | None

    @property
    def origin(self) -> dict[str, Any] | None:
        """The provenance as JSON."""
        return None if self.provenance is None else self.provenance.to_json()

    @property
    def jpegs(self) -> list[bytes]:
        if isinstance(self.evidence, DeepfakeError):
            return []
        return [crop.jpeg for crop in self.evidence.crops]


class _Scored:
    """A scorer that was run already."""

    def __init__(self, scores: CropScores) -> None:
        self._scores = scores

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:  # noqa: ARG002
        if len(jpegs) != len(self._scores):
            raise ValueError(f"{len(self._scores)} scores for {len(jpegs)} crops")
        return self._scores


def _score(scorer: Scorer, jpegs: Sequence[bytes]) -> CropScores:
    parts = [
        scorer.score(jpegs[start : start + BATCH_CROPS])
        for start in range(0, len(jpegs), BATCH_CROPS)
    ]
    return CropScores.joined(parts)


def _take_done(waiting: deque[Future[_Decoded]]) -> list[_Decoded]:
    """Wait for the first file, and take what is done behind it until a batch is full."""
    taken: list[_Decoded] = []
    crops = 0
    while waiting and (not taken or (crops < BATCH_CROPS and waiting[0].done())):
        item = waiting.popleft().result()
        taken.append(item)
        crops += len(item.jpegs)
    return taken


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
