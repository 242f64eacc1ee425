"""The sandboxed child is at fault."""

from __future__ import annotations

from core.errors.base import DeepfakeError


class DecoderError(DeepfakeError):
    """The sandboxed decoder did not survive the file."""

    code = "decoder_error"


class DecodeTimeout(DecoderError):
    code = "decode_timeout"

    def __init__(self, *, limit_s: float) -> None:
        super().__init__(f"Decoding took longer than {limit_s:g} s and was stopped.")


class DecoderCrashed(DecoderError):
    """The decoder ended, or failed in a way that is not the file's fault.

    ``reported`` is True when the decoder itself caught and told the fault: the same bytes would
    meet it again, so they are not tried once more.
    """

    code = "decoder_crashed"
    reported: bool = False


class DecoderOutOfMemory(DecoderError):
    code = "decoder_out_of_memory"
