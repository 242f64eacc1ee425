"""The upload is at fault; a retry cannot help."""

from __future__ import annotations

from core.errors.base import DeepfakeError


class MediaError(DeepfakeError):
    """The uploaded bytes cannot be judged; sending them again cannot help."""

    code = "media_error"


class EmptyMedia(MediaError):
    code = "empty_media"

    def __init__(self) -> None:
        super().__init__("The file is empty (0 bytes); send an image or a video.")


class UnsupportedMedia(MediaError):
    code = "unsupported_media"


class UnreadableMedia(MediaError):
    code = "unreadable_media"


class EncryptedMedia(MediaError):
    code = "encrypted_media"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The video in the {name} file is encrypted, and there is no key to it here; "
            "send a file without copy protection."
        )


class MediaTooLarge(MediaError):
    code = "too_large"

    def __init__(self, *, size: int, limit: int) -> None:
        super().__init__(f"The file has at least {size:,} bytes; the limit is {limit:,} bytes.")


class VideoTooLong(MediaError):
    code = "too_long"

    def __init__(self, *, seconds: float, limit: float) -> None:
        super().__init__(f"The video is {seconds:,.1f} s long; the limit is {limit:,.0f} s.")


class TooManyPixels(MediaError):
    code = "too_many_pixels"

    def __init__(self, *, width: int, height: int, limit: int) -> None:
        super().__init__(
            f"The picture has {width} x {height} = {width * height:,} pixels; "
            f"the limit is {limit:,} pixels."
        )


class TooManyFrames(MediaError):
    code = "too_many_frames"

    def __init__(self, *, frames: int, limit: int) -> None:
        super().__init__(f"The video has at least {frames:,} frames; the limit is {limit:,}.")


class TooManyStreams(MediaError):
    code = "too_many_streams"

    def __init__(self, *, streams: int, limit: int, kind: str) -> None:
        super().__init__(f"The container has {streams} {kind}; the limit is {limit}.")
