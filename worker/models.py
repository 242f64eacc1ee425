"""The models of a worker: found, loaded onto their devices, tried, and closed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from core.model import runtimes
from core.model.bundle import Bundle, RuntimeName, find_bundle, load_bundle
from core.model.detector import Detector, self_test
from core.pipeline.judges import Judge, Judges
from core.store.workers import ModelIdentity
from worker.batcher import Batcher, BatchLimits
from worker.settings import WorkerSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """A bundle and the runtime that the settings want for it, which may be ``auto``."""

    bundle: Bundle
    runtime: str

    @property
    def may_use_gpu(self) -> bool:
        """Whether it can run on a GPU, and the settings let it."""
        held = RuntimeName.TENSORFLOW in self.bundle.manifest.artifacts
        return held and self.runtime in (runtimes.AUTO, RuntimeName.TENSORFLOW)

    def load(self, threads: int | None, *, on_gpu: bool) -> Detector:
        """A detector that gives the answers which were stored with the bundle.

        Its self-test is the warm-up too: the first job does not pay for compilation. Raises
        :class:`core.errors.InferenceFailed` when an answer differs by more than the tolerance.
        """
        detector = runtimes.load_detector(
            self.bundle, runtime=self.runtime, threads=threads, gpu=on_gpu
        )
        name = self.bundle.manifest.name
        if self.bundle.manifest.self_test is None:
            logger.warning("the model %s has no self-test; its answers are not checked", name)
            detector.warm_up()
        else:
            logger.info("self-test of %s: differs by %.1e from what was stored", name,
                        self_test(detector))  # fmt: skip
        return detector


@dataclass(frozen=True, slots=True)
class ChosenModels:
    """What the settings name: a model for images and, where it is another, one for videos."""

    images: ChosenModel
    videos: ChosenModel | None

    @classmethod
    def of(cls, settings: WorkerSettings) -> Self:
        """Find the bundles and check their files; raises what :func:`load_bundle` does."""
        images = ChosenModel(load_bundle(find_bundle(settings.model)), settings.runtime)
        if not settings.video_model:
            return cls(images, None)
        bundle = load_bundle(find_bundle(settings.video_model))
        videos = ChosenModel(bundle, settings.video_runtime)
        return cls(images, None if videos == images else videos)

    def __iter__(self) -> Iterator[ChosenModel]:
        yield self.images
        if self.videos is not None:
            yield self.videos

    @property
    def may_use_gpu(self) -> bool:
        """Whether a GPU would be of use to one of them."""
        return any(model.may_use_gpu for model in self)

    def load(self, settings: WorkerSettings, *, on_gpu: bool) -> LoadedModels:
        """Load both; raises what :meth:`ChosenModel.load` does."""
        images, *videos = (model.load(settings.model_threads, on_gpu=on_gpu) for model in self)
        return LoadedModels(images, videos[0] if videos else None)


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """The detectors of a worker."""

    images: Detector
    videos: Detector | None

    def __iter__(self) -> Iterator[Detector]:
        yield self.images
        if self.videos is not None:
            yield self.videos

    @property
    def identities(self) -> tuple[ModelIdentity, ModelIdentity | None]:
        """The model for images and, where it is another, the one for videos."""
        images, *videos = map(_identity, self)
        return images, videos[0] if videos else None

    def describe(self) -> str:
        """In words, for the line that says that the worker is ready."""
        images, videos = self.identities
        told = f"{images.name} {images.version} ({images.runtime})"
        if videos is None:
            return told
        return f"{told}, for videos {videos.name} {videos.version} ({videos.runtime})"


@dataclass(frozen=True, slots=True)
class Batchers:
    """A batcher before each detector; each owns the only thread that runs its detector."""

    judges: Judges
    batchers: tuple[Batcher, ...]

    @classmethod
    def before(
        cls,
        models: LoadedModels,
        limits: BatchLimits,
        *,
        jobs_at_work: Callable[[], int],
        on_batch: Callable[[int], object] = lambda _: None,
    ) -> Self:
        """Start the threads."""
        batchers = tuple(
            Batcher(detector, limits, jobs_at_work=jobs_at_work, on_batch=on_batch)
            for detector in models
        )
        images, *videos = (
            Judge(batcher, detector.bundle, detector.runtime.name)
            for batcher, detector in zip(batchers, models, strict=True)
        )
        return cls(Judges(images, videos[0] if videos else None), batchers)

    def close(self) -> None:
        """Finish what was asked for and end the threads."""
        for batcher in self.batchers:
            batcher.close()


def _identity(detector: Detector) -> ModelIdentity:
    return ModelIdentity(**detector.bundle.reference, runtime=detector.runtime.name.value)
