"""The models that judge, by the kind of file: one for all, or one of its own for videos."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.evidence import Cut, ExtractOptions
from core.media.sniff import Kind
from core.model.bundle import Bundle, RuntimeName
from core.pipeline.judgement import Scorer


@dataclass(frozen=True, slots=True)
class Judge:
    """What a verdict needs to know of a model, and what scores face crops with it."""

    scorer: Scorer
    bundle: Bundle
    runtime: RuntimeName

    @property
    def cut(self) -> Cut:
        """How the model wants faces to be cut out."""
        shown = self.bundle.manifest.input
        return Cut(shown.size, shown.margin)


@dataclass(frozen=True, slots=True)
class Judges:
    """The model for images and, where videos have another, that one."""

    images: Judge
    videos: Judge | None = None

    def of(self, kind: Kind) -> Judge:
        """The model that judges a file of this kind; an image that moves is a video."""
        if kind is Kind.VIDEO and self.videos is not None:
            return self.videos
        return self.images

    def cutting(self, options: ExtractOptions) -> ExtractOptions:
        """The options with faces cut out as the model of the file's kind wants them."""
        images, videos = self.images.cut, self.videos
        return replace(
            options,
            crop_size=images.size,
            crop_margin=images.margin,
            video_cut=None if videos is None else videos.cut,
        )
